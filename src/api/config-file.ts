/** Configuration files of components: read strictly, so that a word that means nothing is refused and not overlooked. */
import { readFileSync } from "node:fs";
import { messageOf } from "#base/mod.ts";
import { JsonError, parseJson, readYaml } from "#codec/mod.ts";
import { bodyOf, type Problems } from "./checks/problems.ts";
import { DecodeError, decode } from "./decode.ts";
import type { Infer, Struct } from "./schema.ts";

export interface ConfigKind<S extends Struct> {
  kind: string;
  /** `apiserver.config.k8s.io/v1` and the versions before it that have the same form. */
  versions: readonly string[];
  schema: S;
}

/** Throws in the words in which Go opens files. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file or directory" : code === "EACCES" ? "permission denied" : message;
    throw new Error(`open ${file}: ${why}`);
  }
}

/** Throws everything that is wrong, joined as Go joins errors. */
export function throwAll(problems: Problems): void {
  const all = [...new Set(problems.list.map((one) => `${one.field}: ${bodyOf(one)}`))];
  if (all.length > 0) throw new Error(all.length === 1 ? all[0] : `[${all.join(", ")}]`);
}

/** Throws a sentence that says what is wrong with the text. `lenient` is told of words that mean nothing, where they are let pass. */
export function readConfig<S extends Struct>(
  text: string,
  { kind, versions, schema }: ConfigKind<S>,
  lenient?: (problem: string) => void,
): Infer<S> {
  if (text.length === 0) throw new Error("empty config data");
  const { value, duplicates } = parsed(text);
  const { apiVersion = "", kind: given = "" } = (value ?? {}) as { apiVersion?: string; kind?: string };
  if (given === "") throw new Error(`Object 'Kind' is missing in '${shown(value)}'`);
  if (apiVersion === "") throw new Error(`Object 'apiVersion' is missing in '${shown(value)}'`);
  if (!versions.includes(apiVersion) || given !== kind)
    throw new Error(
      `no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(apiVersion)}: ${kind} in ${versions.join(" or ")} is expected`,
    );
  try {
    const { value: read, unknown } = decode(schema, value);
    const wrong = [...duplicates, ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`)];
    const strict = `strict decoding error: ${wrong.join(", ")}`;
    if (wrong.length > 0 && !lenient) throw new Error(strict);
    if (wrong.length > 0) lenient?.(strict);
    return read as Infer<S>;
  } catch (error) {
    throw error instanceof DecodeError ? new Error(error.message, { cause: error }) : error;
  }
}

function parsed(text: string): { value: unknown; duplicates: string[] } {
  if (!/^\s*\{/.test(text)) {
    try {
      const { value, duplicates } = readYaml(text);
      return { value, duplicates: duplicates.length > 0 ? [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`] : [] };
    } catch (error) {
      throw new Error(`error converting YAML to JSON: ${messageOf(error)}`, { cause: error });
    }
  }
  const duplicates: string[] = [];
  try {
    const value = parseJson(Buffer.from(text), { onDuplicate: (path) => duplicates.push(`duplicate field ${JSON.stringify(path)}`) });
    return { value, duplicates };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Error(`couldn't get version/kind; json parse error: ${error.message}`, { cause: error });
  }
}

const shown = (value: unknown) => JSON.stringify(value ?? null);
