/** Paths such as `clusters.NAME.server` into a kubeconfig, as `config set` and `config unset` walk them. */
import { CliError } from "../../failure.ts";

export interface Entry {
  name: string;
  [field: string]: unknown;
}
export interface ConfigFile {
  clusters?: Entry[] | null;
  users?: Entry[] | null;
  contexts?: Entry[] | null;
  "current-context"?: string;
  [field: string]: unknown;
}
export type ListName = "clusters" | "users" | "contexts";
export const fieldOf = { clusters: "cluster", users: "user", contexts: "context" } as const;

type Type = "string" | "bool" | "bytes" | "other";

/** The fields of each struct by upstream's own names, which are not always those of the file. */
const structs: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  Config: {
    kind: "string",
    apiVersion: "string",
    preferences: "other",
    clusters: "other",
    users: "other",
    contexts: "other",
    "current-context": "string",
    extensions: "other",
  },
  Preferences: { colors: "bool", extensions: "other" },
  Cluster: {
    server: "string",
    "tls-server-name": "string",
    "insecure-skip-tls-verify": "bool",
    "certificate-authority": "string",
    "certificate-authority-data": "bytes",
    "proxy-url": "string",
    "disable-compression": "bool",
    extensions: "other",
  },
  AuthInfo: {
    "client-certificate": "string",
    "client-certificate-data": "bytes",
    "client-key": "string",
    "client-key-data": "bytes",
    token: "string",
    tokenFile: "string",
    "act-as": "string",
    "act-as-uid": "string",
    "act-as-groups": "other",
    "act-as-user-extra": "other",
    username: "string",
    password: "string",
    "auth-provider": "other",
    exec: "other",
    extensions: "other",
  },
  Context: { cluster: "string", user: "string", namespace: "string", extensions: "other" },
};
const structOf = { clusters: "Cluster", users: "AuthInfo", contexts: "Context" } as const;
const nameInFile: Readonly<Record<string, string>> = { "act-as": "as", "act-as-uid": "as-uid" };

export interface Steps {
  property: string;
  /** The list that it names, and the entry, whose name may contain dots. */
  list?: ListName;
  name?: string;
  /** The field of the entry, or of the file. */
  field?: string;
  type: Type;
}

/** The steps of a path; throws what upstream says of one that leads nowhere. */
export function stepsOf(property: string): Steps {
  const [head = "", ...rest] = property.split(".");
  const whole = typeAt("Config", head, { property, after: "" });
  if (isList(head)) {
    if (rest.length === 0) return { property, list: head, type: "other" };
    const struct = structOf[head];
    const known = rest.slice(1).findIndex((part) => part in structs[struct]!);
    const name = rest.slice(0, known < 0 ? rest.length : known + 1).join(".");
    const after = known < 0 ? [] : rest.slice(known + 1);
    const at = `{${head} map[string]*api.${struct}} {${name} api.${struct}}`;
    if (after.length === 0) return { property, list: head, name, type: "other" };
    const type = typeAt(struct, after[0]!, { property, after: at });
    if (after.length > 1) throw tooDeep(property);
    return { property, list: head, name, field: after[0]!, type };
  }
  if (head === "preferences" && rest.length > 0) {
    const type = typeAt("Preferences", rest[0]!, { property, after: "{preferences api.Preferences}" });
    if (rest.length > 1) throw tooDeep(property);
    return { property, field: `preferences.${rest[0]}`, type };
  }
  if (rest.length > 0) throw tooDeep(property);
  return { property, field: head, type: whole };
}

const isList = (word: string): word is ListName => word in structOf;
const tooDeep = (property: string) => new CliError(`unable to parse one or more field values of ${property}`);

function typeAt(struct: string, part: string, { property, after }: { property: string; after: string }): Type {
  const type = structs[struct]?.[part];
  if (!type) throw new CliError(`unable to parse ${property} after [${after}] at api.${struct}`);
  return type;
}

/** The words of the user as the field's type: bytes come as base64, unless they come raw. */
export function propertyValue(text: string, { property, list, name, field, type }: Steps, { raw }: { raw: boolean }): string | boolean {
  if (type === "string") return text;
  if (type === "bool") {
    if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
    if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
    throw new CliError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  if (type === "bytes") {
    if (raw) return Buffer.from(text).toString("base64");
    // As Go reads it, over line ends.
    text = text.replaceAll(/[\r\n]/g, "");
    const at = text.search(/[^A-Za-z0-9+/=]/);
    if (at >= 0 || text.length % 4 !== 0)
      throw new CliError(`error decoding input value: illegal base64 data at input byte ${at >= 0 ? at : text.length - (text.length % 4)}`);
    return text;
  }
  if (list && name === undefined) throw new CliError(`can't set a map to a value: ${list}`);
  throw new CliError(`${property}: ${field ?? name} holds more than one value; name one of its fields`);
}

function placeOf(content: ConfigFile, { list, name, field = "" }: Steps, make: boolean): { at: Record<string, unknown>; key: string } {
  if (!list) {
    const [head = "", below] = field.split(".");
    if (below === undefined) return { at: content, key: head };
    content[head] ??= {};
    return { at: content[head] as Record<string, unknown>, key: below };
  }
  const entries = (content[list] ??= []);
  let entry = entries.find((each) => each.name === name);
  if (!entry) {
    if (!make) throw new CliError(`current map key \`${name}\` is invalid`);
    entry = { name: name!, [fieldOf[list]]: {} };
    entries.push(entry);
  }
  entry[fieldOf[list]] ??= {};
  return { at: entry[fieldOf[list]] as Record<string, unknown>, key: nameInFile[field] ?? field };
}

export function setProperty(content: ConfigFile, steps: Steps, value: string | boolean): void {
  const { at, key } = placeOf(content, steps, true);
  at[key] = value;
}

export function unsetProperty(content: ConfigFile, steps: Steps): void {
  const { list, name, field } = steps;
  if (list && name === undefined) content[list] = null;
  else if (list && field === undefined) content[list] = (content[list] ?? []).filter((entry) => entry.name !== name);
  else if (field === "current-context") content[field] = "";
  else {
    const { at, key } = placeOf(content, steps, false);
    delete at[key];
  }
}
