/** CredentialProviderConfig: which programs are asked for credentials of which images. A file, or all of a folder together. */
import { createHash } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { type ConfigKind, type Infer, Problems, readConfig, schema, throwAll } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { checkLabelKey } from "#codec/mod.ts";
import { durationMs } from "../../eviction/thresholds.ts";
import { parseRegistry } from "../registry-match.ts";

const { bool, duration, kind, list, ref, string, struct } = schema;

const Variable = struct("io.k8s.kubelet.config.v1.ExecEnvVar", "A variable of the program's environment.", {
  name: string(0, { doc: "Its name." }),
  value: string(0, { doc: "Its value." }),
});

const TokenAttributes = struct("io.k8s.kubelet.config.v1.ServiceAccountTokenAttributes", "The token that the program gets.", {
  serviceAccountTokenAudience: string(0, { doc: "For whom the token is." }),
  cacheType: string(0, { doc: "ServiceAccount or Token: what credentials are kept by." }),
  requireServiceAccount: bool(0, { pointer: true, doc: "Whether a pod without a service account has nothing to ask for." }),
  requiredServiceAccountAnnotationKeys: list(string, 0, { doc: "Annotations of the account that must be there." }),
  optionalServiceAccountAnnotationKeys: list(string, 0, { doc: "Annotations of the account that the program gets, too." }),
});

const CredentialProvider = struct("io.k8s.kubelet.config.v1.CredentialProvider", "A program that knows credentials.", {
  name: string(0, { doc: "Of the program, in the folder of programs." }),
  matchImages: list(string, 0, { doc: "Which images it is asked for: `*.example.com:5000/team`." }),
  defaultCacheDuration: duration(0, { pointer: true, doc: "How long credentials are kept if the program does not say." }),
  apiVersion: string(0, { doc: "In which version it is asked." }),
  args: list(string, 0, { doc: "Its arguments." }),
  env: list(Variable, 0, { doc: "Variables of its environment, beside the kubelet's own." }),
  tokenAttributes: ref(TokenAttributes, 0, { pointer: true, doc: "It gets a token of the pod's service account." }),
});

const CredentialProviderConfig = kind("io.k8s.kubelet.config.v1.CredentialProviderConfig", "Who is asked for credentials.", {
  providers: list(CredentialProvider, 0, { doc: "The programs." }),
});

const configKind: ConfigKind<typeof CredentialProviderConfig> = {
  kind: "CredentialProviderConfig",
  versions: ["kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1"],
  schema: CredentialProviderConfig,
};

export type ProviderWords = NonNullable<Infer<typeof CredentialProviderConfig>["providers"]>[number];

const newestVersion = "credentialprovider.kubelet.k8s.io/v1";
const versions = [newestVersion, "credentialprovider.kubelet.k8s.io/v1alpha1", "credentialprovider.kubelet.k8s.io/v1beta1"];
const cacheTypes = ["ServiceAccount", "Token"];

export interface ProviderPlaces {
  /** A file, or a folder of files. */
  config: string;
  /** The folder of the programs. */
  binaries: string;
}

export interface ProviderConfig {
  providers: ProviderWords[];
  binaries: string;
  /** Of all that was read, as metrics tell it. */
  hash: string;
}

/** Throws, in upstream's words, what is wrong with the files or the programs. */
export function readProviders({ config, binaries }: ProviderPlaces): ProviderConfig {
  if (!isThere(binaries)) throw new Error(`plugin binary directory ${binaries} did not exist`);
  const hash = createHash("sha256");
  const providers: ProviderWords[] = [];
  for (const file of filesOf(config)) {
    const bytes = readFileSync(file);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
    for (const provider of decoded(file, bytes.toString()).providers ?? []) {
      if (providers.some(({ name }) => name === provider.name))
        throw new Error(`duplicate provider name ${JSON.stringify(provider.name)} found in configuration file(s)`);
      providers.push(provider);
    }
  }
  try {
    throwAll(problemsOf(providers));
  } catch (error) {
    throw new Error(`failed to validate credential provider config: ${messageOf(error)}`);
  }
  for (const { name = "" } of providers) checkProgram(join(binaries, name));
  return { providers, binaries, hash: `sha256:${hash.digest("hex")}` };
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;

function filesOf(path: string): string[] {
  if (path === "") throw new Error("credential provider config path is empty");
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Error(`unable to access path ${JSON.stringify(path)}: stat ${path}: no such file or directory`);
  if (!found.isDirectory()) return [path];
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && [".json", ".yaml", ".yml"].includes(extname(entry.name)))
    .map(({ name }) => join(path, name))
    .sort();
  if (files.length === 0) throw new Error(`no configuration files found in directory ${JSON.stringify(path)}`);
  return files;
}

function decoded(file: string, text: string) {
  try {
    return readConfig(text, configKind);
  } catch (error) {
    throw new Error(`error decoding config ${JSON.stringify(file)}: ${messageOf(error)}`);
  }
}

function checkProgram(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Error(`plugin binary executable ${path} did not exist`);
  const why = (text: string) => new Error(`error inspecting binary executable ${path}: exec: ${JSON.stringify(path)}: ${text}`);
  if (found.isDirectory()) throw why("is a directory");
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw why("permission denied");
  }
}

export function problemsOf(providers: readonly ProviderWords[]): Problems {
  const problems = new Problems();
  if (providers.length === 0) problems.required("providers", "at least 1 item in plugins is required");
  for (const provider of providers) {
    const { name = "", apiVersion = "", matchImages = [], defaultCacheDuration } = provider;
    if (name.includes("/")) problems.invalid("providers.name", name, "provider name cannot contain '/'");
    if (name.includes(" ")) problems.invalid("providers.name", name, "provider name cannot contain spaces");
    for (const dots of [".", ".."]) if (name === dots) problems.invalid("providers.name", name, `provider name cannot be '${dots}'`);
    if (apiVersion === "") problems.required("providers.apiVersion");
    else if (!versions.includes(apiVersion)) problems.notSupported("providers.apiVersion", apiVersion, versions);
    if (matchImages.length === 0) problems.required("providers.matchImages", "at least 1 item in matchImages is required");
    for (const pattern of matchImages)
      try {
        parseRegistry(pattern);
      } catch (error) {
        problems.invalid("providers.matchImages", pattern, `match image is invalid: ${messageOf(error)}`);
      }
    if (defaultCacheDuration === undefined) problems.required("providers.defaultCacheDuration");
    else if (durationMs(defaultCacheDuration) < 0)
      problems.invalid("providers.defaultCacheDuration", defaultCacheDuration, "must be greater than or equal to 0");
    checkTokens(provider, problems);
  }
  return problems;
}

function checkTokens({ tokenAttributes, apiVersion }: ProviderWords, problems: Problems): void {
  if (!tokenAttributes) return;
  const at = "providers.tokenAttributes";
  const {
    serviceAccountTokenAudience: audience = "",
    requireServiceAccount,
    requiredServiceAccountAnnotationKeys: required = [],
    optionalServiceAccountAnnotationKeys: optional = [],
    cacheType = "",
  } = tokenAttributes;
  if (audience === "") problems.required(`${at}.serviceAccountTokenAudience`);
  if (requireServiceAccount === undefined) problems.required(`${at}.requireServiceAccount`);
  if (apiVersion !== newestVersion) problems.forbidden(at, `tokenAttributes is only supported for ${newestVersion} API version`);
  if (requireServiceAccount === false && required.length > 0)
    problems.forbidden(
      `${at}.requiredServiceAccountAnnotationKeys`,
      "requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set",
    );
  checkKeys(`${at}.requiredServiceAccountAnnotationKeys`, required, problems);
  checkKeys(`${at}.optionalServiceAccountAnnotationKeys`, optional, problems);
  const both = [...new Set(required.filter((key) => optional.includes(key)))].sort();
  if (both.length > 0) problems.invalid(at, both, "annotation keys cannot be both required and optional");
  if (cacheType === "")
    problems.required(
      `${at}.cacheType`,
      `cacheType is required to be set when tokenAttributes is specified. Supported values are: ${cacheTypes.join(", ")}`,
    );
  else if (!cacheTypes.includes(cacheType)) problems.notSupported(`${at}.cacheType`, cacheType, cacheTypes);
}

function checkKeys(at: string, keys: readonly string[], problems: Problems): void {
  const seen = new Set<string>();
  for (const key of keys) {
    problems.invalids(at, key, checkLabelKey(key.toLowerCase()));
    if (seen.has(key)) problems.duplicate(at, key);
    seen.add(key);
  }
}
