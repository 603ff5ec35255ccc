/** ConfigMaps and Secrets from literals, files and env files, and the hash that their names end with. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { goJson } from "#codec/go-json.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import type { Loader } from "./loader.ts";
import { type Behavior, Resource } from "./resources.ts";

export interface GeneratorOptions {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  disableNameSuffixHash?: boolean;
  immutable?: boolean;
}

export interface GeneratorSpec {
  name?: string;
  namespace?: string;
  behavior?: string;
  literals?: string[];
  files?: string[];
  envs?: string[];
  env?: string;
  type?: string;
  options?: GeneratorOptions;
}

export function generate(kind: "ConfigMap" | "Secret", spec: GeneratorSpec, how: { loader: Loader; options?: GeneratorOptions }): Resource {
  if (!spec.name) throw new CliError("a configmap must have a name");
  const options = withGlobal(spec.options, how.options);
  const pairs = pairsOf(spec, how.loader);
  const object: KObject = {
    apiVersion: "v1",
    kind,
    metadata: {
      name: spec.name,
      ...(spec.namespace ? { namespace: spec.namespace } : {}),
      ...(options.labels && Object.keys(options.labels).length > 0 ? { labels: texts(options.labels) } : {}),
      ...(options.annotations && Object.keys(options.annotations).length > 0 ? { annotations: texts(options.annotations) } : {}),
    },
    ...(kind === "Secret" ? { type: spec.type || "Opaque", data: {} } : {}),
  };
  for (const [key, value] of pairs) {
    const plain = kind === "ConfigMap" ? asText(value) : undefined;
    const field = kind === "Secret" || plain !== undefined ? "data" : "binaryData";
    object[field] = { ...object[field], [key]: plain ?? base64Lines(value) };
  }
  if (options.immutable) object.immutable = true;
  const made = new Resource(object);
  made.needsHash = !options.disableNameSuffixHash;
  made.behavior = (["create", "replace", "merge"].includes(spec.behavior ?? "") ? spec.behavior : "unspecified") as Behavior;
  return made;
}

const texts = (map: Record<string, unknown>) => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));

/** What the generator says counts before what all generators are told; a yes of either is a yes. */
function withGlobal(own: GeneratorOptions = {}, global: GeneratorOptions = {}): GeneratorOptions {
  return {
    labels: { ...global.labels, ...own.labels },
    annotations: { ...global.annotations, ...own.annotations },
    disableNameSuffixHash: own.disableNameSuffixHash || global.disableNameSuffixHash,
    immutable: own.immutable || global.immutable,
  };
}

function asText(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

const lineLength = 70;

function base64Lines(bytes: Buffer): string {
  const text = bytes.toString("base64");
  if (text.length < lineLength) return text;
  return (text.match(/.{1,70}/g) ?? []).map((line) => `${line}\n`).join("");
}

/** By key; env files first, then literals, then files. */
function pairsOf(spec: GeneratorSpec, loader: Loader): Map<string, Buffer> {
  const pairs = new Map<string, Buffer>();
  let repeated = "";
  const add = (key: string, value: Buffer) => {
    repeated ||= pairs.has(key) ? key : "";
    pairs.set(key, value);
  };
  const within = (what: string, list: string[], run: () => void) => {
    try {
      run();
    } catch (error) {
      throw new CliError(`loading KV pairs: ${what} [${list.join(" ")}]: ${(error as Error).message}`);
    }
  };
  const envs = [...(spec.envs ?? []), ...(spec.env ? [spec.env] : [])];
  within("env source files:", envs, () => {
    for (const file of envs) for (const [key, value] of envLines(loader.text(file))) add(key, Buffer.from(value));
  });
  within("literal sources", spec.literals ?? [], () => {
    for (const literal of spec.literals ?? []) add(...literalPair(literal));
  });
  within("file sources:", spec.files ?? [], () => {
    for (const source of spec.files ?? []) {
      const [key, file] = fileSource(source);
      add(key, loader.bytes(file));
    }
  });
  if (repeated) throw new CliError(`configmap ${spec.name} illegally repeats the key \`${repeated}\``);
  return pairs;
}

function literalPair(source: string): [string, Buffer] {
  const at = source.indexOf("=");
  if (at <= 0) throw new CliError(`invalid literal source ${source}, expected key=value`);
  const value = source.slice(at + 1);
  const quoted = value.length >= 2 && value[0] === value.at(-1) && (value[0] === '"' || value[0] === "'");
  return [source.slice(0, at), Buffer.from(quoted ? value.slice(1, -1) : value)];
}

function fileSource(source: string): [string, string] {
  const marks = source.split("=").length - 1;
  if (marks === 0) return [basename(source), source];
  if (marks > 1) throw new CliError(`source ${JSON.stringify(source)} key name or file path contains '='`);
  const [key = "", path = ""] = source.split("=");
  if (key === "") throw new CliError(`missing key name for file path ${JSON.stringify(path)} in source ${JSON.stringify(source)}`);
  if (path === "") throw new CliError(`missing file path for key name ${JSON.stringify(key)} in source ${JSON.stringify(source)}`);
  return [key, path];
}

function envLines(text: string): [string, string][] {
  return text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.indexOf("=");
      const key = at < 0 ? line : line.slice(0, at);
      if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
        throw new CliError(
          `${JSON.stringify(key)} is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')`,
        );
      return [key, at < 0 ? "" : line.slice(at + 1)];
    });
}

/** Ten letters that change with the content. */
export function hashOf({ object }: Resource): string {
  const { kind, data, binaryData, stringData, type } = object;
  // Upstream looks the name up where it is not, so that it does not count.
  const name = "";
  let content: unknown = object;
  if (kind === "ConfigMap") content = { ...(binaryData ? { binaryData } : {}), data: data ?? "", kind, name };
  else if (kind === "Secret") content = { data: data ?? "", kind, name, ...(stringData ? { stringData } : {}), type: type ?? "" };
  const hex = createHash("sha256").update(goJson(content)).digest("hex").slice(0, 10);
  const letters: Record<string, string> = { 0: "g", 1: "h", 3: "k", a: "m", e: "t" };
  return [...hex].map((digit) => letters[digit] ?? digit).join("");
}
