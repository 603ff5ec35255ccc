/** The user's preferences, kubectl.config.k8s.io Preference: where the file is, and what it says. */
import { join } from "node:path";
import { type PluginPolicy, policyFault } from "#client/kubeconfig/plugin-policy.ts";
import { parseYaml } from "#codec/yaml.ts";
import type { Io } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { existsSync, readFileSync } from "../input/files.ts";

export interface OptionDefault {
  name: string;
  default: string;
}
export interface Alias {
  name: string;
  command: string;
  prependArgs?: string[];
  appendArgs?: string[];
  options?: OptionDefault[];
}
export interface Preferences {
  defaults: { command: string; options: OptionDefault[] }[];
  aliases: Alias[];
  policy: PluginPolicy;
}

export interface KubercFile {
  file: string;
  /** The user named it, by flag or environment. */
  explicit: boolean;
}

/** Undefined when preferences are switched off. */
export function kubercFile({ env }: Pick<Io, "env">, flag: string): KubercFile | undefined {
  if (env.KUBERC === "off") {
    if (flag) throw new CliError("disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive");
    return undefined;
  }
  if (flag) return { file: flag, explicit: true };
  if (env.KUBERC) return { file: env.KUBERC, explicit: true };
  return { file: join(env.HOME ?? "/", ".kube", "kuberc"), explicit: false };
}

/** Where words about the reading go. */
export interface Said {
  warn(text: string): void;
  /** What -v=5 shows: a place in upstream's program, and the words. */
  trace(place: string, text: string): void;
}

/** What the file says. Throws when a file that was asked for cannot be used. */
export function readPreferences({ file, explicit }: KubercFile, { warn, trace }: Said): Preferences | undefined {
  if (!existsSync(file)) {
    if (explicit) throw new CliError(`kuberc error kuberc: open ${file}: no such file or directory`);
    return undefined;
  }
  try {
    const found = decode(readFileSync(file, "utf8"), file);
    if (found) trace("marshal.go:94", `kuberc: using entry ${found.entry} (${found.version}) in ${file}`);
    else trace("marshal.go:103", `kuberc: no preferences found in ${file}`);
    if (found?.unknown.length) {
      const faults = found.unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(", ");
      warn(`kuberc: ignoring strict decoding error in ${file}: strict decoding error: ${faults}`);
    }
    return found?.preferences;
  } catch (error) {
    if (explicit) throw new CliError(`kuberc error kuberc: ${(error as Error).message}`);
    warn(`kuberc: no preferences loaded from ${file}: ${(error as Error).message}`);
    return undefined;
  }
}

type Json = Record<string, unknown>;

/** The names of fields by version: v1alpha1 called defaults overrides, and options flags. */
const names: Record<string, { defaults: string; options: string }> = {
  "kubectl.config.k8s.io/v1beta1": { defaults: "defaults", options: "options" },
  "kubectl.config.k8s.io/v1alpha1": { defaults: "overrides", options: "flags" },
};

interface Decoded {
  preferences: Preferences;
  unknown: string[];
  /** Which of the documents that say anything, from 1 on. */
  entry: number;
  version: string;
}

/** The first document that is a Preference of a known version. */
export function decode(text: string, file: string): Decoded | undefined {
  let values: unknown[];
  try {
    values = parseYaml(text)
      .documents.map(({ value }) => value)
      .filter((value) => value !== null && value !== undefined);
  } catch {
    // What cannot be read is none of the preferences that are looked for.
    values = [text];
  }
  for (const [at, value] of (values as Json[]).entries()) {
    const called = typeof value === "object" && value.kind === "Preference" ? names[String(value.apiVersion)] : undefined;
    if (!called) continue;
    const unknown: string[] = [];
    const preferences = preferencesOf(value, called, unknown);
    if (preferences) return { preferences, unknown, entry: at + 1, version: String(value.apiVersion) };
  }
  if (values.length > 0) throw new Error(`no valid preferences found in ${file}, use --v=5 to see details`);
  return undefined;
}

/** Undefined when a field has a type that it cannot have. */
function preferencesOf(value: Json, called: { defaults: string; options: string }, unknown: string[]): Preferences | undefined {
  const beta = called.options === "options";
  const known = (object: Json, path: string, fields: string[]) =>
    unknown.push(
      ...Object.keys(object)
        .filter((key) => !fields.includes(key))
        .map((key) => `${path}${key}`),
    );
  const policyFields = beta ? ["credentialPluginPolicy", "credentialPluginAllowlist"] : [];
  const lists = (items: unknown) => ((items ?? []) as Json[]).map((item) => item);
  const options = (items: unknown, path: string): OptionDefault[] =>
    lists(items).map((item, index) => {
      known(item, `${path}[${index}].`, ["name", "default"]);
      return { name: text(item.name), default: text(item.default) };
    });
  try {
    const defaults = lists(value[called.defaults]).map((item, index) => {
      const path = `${called.defaults}[${index}].`;
      known(item, path, ["command", called.options]);
      return { command: text(item.command), options: options(item[called.options], `${path}${called.options}`) };
    });
    const aliases = lists(value.aliases).map((item, index): Alias => {
      const path = `aliases[${index}].`;
      known(item, path, ["name", "command", "prependArgs", "appendArgs", called.options]);
      return {
        name: text(item.name),
        command: text(item.command),
        prependArgs: ((item.prependArgs ?? []) as unknown[]).map(text),
        appendArgs: ((item.appendArgs ?? []) as unknown[]).map(text),
        options: options(item[called.options], `${path}${called.options}`),
      };
    });
    known(value, "", ["apiVersion", "kind", called.defaults, "aliases", ...policyFields]);
    return { defaults, aliases, policy: beta ? policyOf(value) : { type: "" } };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function policyOf(value: Json): PluginPolicy {
  const list = value.credentialPluginAllowlist as Json[] | null | undefined;
  const allowlist = list?.map(({ name, command }) => {
    if (name && command && name !== command) throw new TypeError("both `Name` and `Command` were supplied with different values");
    return text(command ?? name ?? "");
  });
  return { type: text(value.credentialPluginPolicy ?? ""), ...(allowlist ? { allowlist } : {}) };
}

function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new TypeError("a string is wanted");
  return value;
}

/** Throws what makes preferences unusable as a whole. */
export function validate({ aliases, defaults, policy }: Preferences): void {
  const flags = (options: OptionDefault[] | undefined) => {
    const dashed = options?.find(({ name }) => name.startsWith("-"));
    if (dashed) throw new CliError(`flag name ${dashed.name} should be in long form without dashes`);
  };
  const seen = new Set<string>();
  for (const { name, options } of aliases) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new CliError("invalid alias name, can only include alphabetical characters");
    flags(options);
    if (seen.has(name)) throw new CliError(`duplicate alias name ${name}`);
    seen.add(name);
  }
  for (const { options } of defaults) flags(options);
  const fault = policyFault(policy);
  if (fault) throw new CliError(fault);
}
