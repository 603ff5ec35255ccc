/** The file in which a machine says what its `spoke up`, `server` or `agent` would else be told by flags: it becomes words before theirs. */
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Option } from "../options.ts";
import { type Role, roles } from "./usages.ts";
import { nameIn, readMapping } from "./yaml-file.ts";

export interface ConfigFile {
  file: string;
  /** What the machine is; absent: the command says it. */
  role?: Role;
  /** The cluster. */
  name: string;
  values: Readonly<Record<string, unknown>>;
}

const isRole = (text: unknown): text is Role => typeof text === "string" && Object.hasOwn(roles, text);

export function readConfigFile(file: string): ConfigFile {
  const { role, name, ...values } = readMapping(file);
  if (role !== undefined && !isRole(role))
    throw new Error(`${file}: role: one of ${Object.keys(roles).join(", ")} is needed, not ${shown(role)}`);
  return { file, ...(role ? { role } : {}), name: nameIn(file, { name }), values };
}

/** The words of a command line that say the same; `said`: options that the command line says itself. Throws all that is wrong. */
export function wordsOf(config: ConfigFile, role: Role, said: ReadonlySet<string>): string[] {
  const { file, values } = config;
  if (config.role && config.role !== role)
    throw new Error(`${file}: role: it says ${config.role}, and this is spoke ${role}: type spoke ${config.role}, or change the file`);
  const options: Record<string, Option> = roles[role].options;
  const problems: string[] = [];
  const words = Object.entries(values).flatMap(([key, value]) => {
    const option = Object.hasOwn(options, key) ? options[key] : undefined;
    const found = option ? wordsFor(key, option, value, dirname(file)) : whyUnknown(key, role);
    if (typeof found === "string") problems.push(`${key}: ${found}`);
    else if (!said.has(key)) return found;
    return [];
  });
  if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}`);
  if (values.token !== undefined && (statSync(file).mode & 0o077) !== 0)
    throw new Error(`${file}: it holds a token, and others of this machine may read it: chmod 600 ${file}`);
  return ["--name", config.name, ...words];
}

function whyUnknown(key: string, role: Role): string {
  const negated = key.startsWith("no-") && Object.hasOwn(roles[role].options, key.slice(3)) ? `: say ${key.slice(3)}: false` : "";
  const others = Object.entries(roles).flatMap(([other, { options }]) => (Object.hasOwn(options, key) ? [`spoke ${other}`] : []));
  const allowed = `spoke ${role} takes role, name, ${Object.keys(roles[role].options).join(", ")}`;
  if (others.length > 0) return `this is for ${others.join(" and ")}; ${allowed}`;
  return `there is no such key${negated}; ${allowed}`;
}

/** The words for one option, or what is wrong with its value. */
function wordsFor(key: string, option: Option, value: unknown, folder: string): string[] | string {
  if (option.type === "boolean")
    return typeof value === "boolean" ? [value ? `--${key}` : `--no-${key}`] : `true or false is needed, not ${shown(value)}`;
  const word = (text: string) => [`--${key}=${text}`];
  switch (option.inFile ?? "text") {
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= 0 ? word(String(value)) : `a whole number is needed, not ${shown(value)}`;
    case "list":
      if (typeof value === "string") return word(value);
      return textsOf(value)?.length ? word(textsOf(value)!.join(",")) : `a text or a list of texts is needed, not ${shown(value)}`;
    case "words":
      return textsOf(value)?.flatMap(word) ?? `a list of texts is needed, not ${shown(value)}`;
    case "labels": {
      if (typeof value === "string") return word(value);
      const pairs = pairsOf(value);
      return pairs?.length ? word(pairs.join(",")) : `keys with texts are needed, not ${shown(value)}`;
    }
    case "path":
      return typeof value === "string"
        ? word(value === "" ? "" : resolve(folder, value))
        : `the name of a file is needed, not ${shown(value)}`;
    case "text":
      return typeof value === "string" ? word(value) : `a text is needed, not ${shown(value)}`;
  }
}

const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;

function pairsOf(value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every(([, text]) => typeof text === "string") ? entries.map(([key, text]) => `${key}=${text}`) : undefined;
}

const shown = (value: unknown): string => JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each)).slice(0, 80);
