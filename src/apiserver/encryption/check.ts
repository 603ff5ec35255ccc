/** Judges an encryption configuration in upstream's words. */
import { Problems, readConfig, readText, throwAll } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { parseGoDuration } from "#codec/mod.ts";
import {
  type EncryptionSettings,
  encryptionConfiguration,
  type KeySettings,
  type KmsSettings,
  type ProviderSettings,
} from "./declaration.ts";

const kinds = ["kms", "aesgcm", "aescbc", "secretbox", "identity"] as const;
const aesSizes = [16, 24, 32];
const secretboxSizes = [32];
const defaultTimeout = "3s";

/** Throws what is wrong with the file. */
export function readEncryption(file: string): { text: string; settings: EncryptionSettings } {
  const text = readText(file);
  try {
    const settings = readConfig(text, encryptionConfiguration);
    checkEncryption(settings);
    return { text, settings };
  } catch (error) {
    throw new Error(`error while parsing encryption provider configuration file ${JSON.stringify(file)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function checkEncryption({ resources = [] }: EncryptionSettings): void {
  const problems = new Problems();
  const plugins = new Set<string>();
  if (resources.length === 0) problems.required("resources", "at least one resources is required");
  for (const [i, { resources: names = [], providers = [] }] of resources.entries()) {
    const at = `resources[${i}]`;
    if (names.length === 0) problems.required(`${at}.resources`, `at least one ${at}.resources is required`);
    checkOverlap(names, `${at}.resources`, problems);
    for (const [j, name] of names.entries()) {
      const wrong = nameProblem(name);
      if (wrong) problems.invalid(`${at}.resources[${j}]`, name, wrong);
    }
    if (providers.length === 0) problems.required(`${at}.providers`, `at least one ${at}.providers is required`);
    for (const [j, provider] of providers.entries()) checkProvider(provider, `${at}.providers[${j}]`, plugins, problems);
  }
  throwAll(problems);
  checkMasks(resources.map(({ resources: names = [] }) => names));
}

export interface GroupResource {
  group: string;
  resource: string;
}

/** `deployments.apps`; what has no dot is of the core group. */
export function groupResource(name: string): GroupResource {
  const dot = name.indexOf(".");
  return dot < 0 ? { group: "", resource: name } : { group: name.slice(dot + 1), resource: name.slice(0, dot) };
}

function checkOverlap(names: readonly string[], at: string, problems: Problems): void {
  const all = names.map(groupResource);
  const isAny = ({ group, resource }: GroupResource) => group === "*" && resource === "*";
  const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
  const same = ([a, b]: readonly [GroupResource, GroupResource]) => a.group === b.group && a.resource === b.resource;
  if (pairs.some(same)) problems.invalid(at, names, "the same resource cannot be specified multiple times");
  const covers = ([a, b]: readonly [GroupResource, GroupResource]) =>
    isAny(a) || isAny(b) || (a.group === b.group && (a.resource === "*" || b.resource === "*"));
  if (pairs.some((pair) => !same(pair) && covers(pair)))
    problems.invalid(
      at,
      names,
      "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
    );
}

function nameProblem(name: string): string | undefined {
  const { group, resource } = groupResource(name);
  if (/[A-Z]/.test(name)) return "resource name should not contain capital letters";
  if (name === "*") return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
  if (["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"].includes(name))
    return "resources which do not have REST API/s cannot be encrypted";
  if (group === "events.k8s.io")
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
  if (group === "extensions") return "'extensions' group has been removed and cannot be used for encryption";
  if (group === "*" && resource !== "*") return "encrypting the same resource across groups is not supported";
  return undefined;
}

function checkProvider(provider: ProviderSettings, at: string, plugins: Set<string>, problems: Problems): void {
  const given = kinds.filter((kind) => provider[kind]);
  if (given.length === 0)
    return problems.invalid(
      at,
      provider,
      "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity",
    );
  if (given.length > 1)
    problems.invalid(at, "REDACTED", "more than one provider specified in a single element, should split into different list elements");
  if (provider.kms) checkKms(provider.kms, `${at}.kms`, plugins, problems);
  else if (provider.aesgcm) checkKeys(provider.aesgcm.keys ?? [], `${at}.aesgcm.keys`, aesSizes, problems);
  else if (provider.aescbc) checkKeys(provider.aescbc.keys ?? [], `${at}.aescbc.keys`, aesSizes, problems);
  else if (provider.secretbox) checkKeys(provider.secretbox.keys ?? [], `${at}.secretbox.keys`, secretboxSizes, problems);
}

function checkKeys(keys: KeySettings, at: string, sizes: readonly number[], problems: Problems): void {
  if (keys.length === 0) problems.required(at, "at least one keys is required");
  for (const [i, { name = "", secret = "" }] of keys.entries()) {
    if (name === "") problems.required(`${at}[${i}].name`, "name is a mandatory field for a key");
    const here = `${at}[${i}].secret`;
    if (secret === "") problems.required(here, "secret is a mandatory field for a key");
    else if (secret.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(secret))
      problems.invalid(here, "REDACTED", "secrets must be base64 encoded");
    else {
      const { length } = Buffer.from(secret, "base64");
      if (!sizes.includes(length))
        problems.invalid(here, "REDACTED", `secret is not of the expected length, got ${length}, expected one of [${sizes.join(" ")}]`);
    }
  }
}

export const kmsTimeoutMs = ({ timeout }: KmsSettings): number => parseGoDuration(timeout ?? defaultTimeout)!;

/** The path of a plugin's socket. */
export const socketOf = ({ endpoint = "" }: KmsSettings): string => {
  const path = endpoint.replace(/^unix:\/\//, "");
  // A path that begins with @ is upstream's way to write an abstract socket.
  return path.startsWith("/@") ? `\0${path.slice(2)}` : path;
};

function checkKms(kms: KmsSettings, at: string, plugins: Set<string>, problems: Problems): void {
  const { name = "", endpoint = "", cachesize, apiVersion = "v1" } = kms;
  if (name === "") problems.required(`${at}.name`, "name is a mandatory field for a provider");
  else if (name.includes(":")) problems.invalid(`${at}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`);
  else if (plugins.has(name)) problems.invalid(`${at}.name`, name, `duplicate KMS provider name ${name}, names must be unique`);
  plugins.add(name);
  if (kmsTimeoutMs(kms) <= 0) problems.invalid(`${at}.timeout`, kms.timeout, "timeout should be a positive value");
  if (endpoint === "") problems.invalid(`${at}.endpoint`, "", "endpoint is a mandatory field for a kms");
  else if (!endpoint.startsWith("unix://")) {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(endpoint)?.[1] ?? "";
    problems.invalid(`${at}.endpoint`, endpoint, `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`);
  }
  if (apiVersion === "v1")
    problems.invalid(
      `${at}.apiVersion`,
      apiVersion,
      "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.",
    );
  else if (apiVersion !== "v2")
    problems.invalid(`${at}.apiVersion`, apiVersion, `unsupported apiVersion ${apiVersion} for KMS provider, only v1 and v2 are supported`);
  else if (cachesize !== undefined) problems.invalid(`${at}.cachesize`, cachesize, "cachesize is not supported in v2");
}

/** A resource that an earlier wildcard has taken would never be looked up. */
function checkMasks(rules: readonly (readonly string[])[]): void {
  const earlier = new Set<string>();
  for (const names of rules)
    for (const name of names) {
      const { group } = groupResource(name);
      for (const wildcard of [`*.${group}`, "*.*"])
        if (earlier.has(wildcard))
          throw new Error(`resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(wildcard)}`);
      earlier.add(name);
    }
}
