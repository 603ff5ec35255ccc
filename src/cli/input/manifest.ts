/** Reads manifests from files, folders, URLs and stdin, one object at a time with the place it came from. */

import { extname, join, resolve } from "node:path";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "./files.ts";
import { bool, type Flag, list, text } from "./flags.ts";
import type { Manifest } from "./manifest-text.ts";

export function filenameFlags(purpose: string): Flag[] {
  return [
    list("filename|f", `Filename, directory, or URL to files ${purpose}`),
    text("kustomize|k", "Process a kustomization directory. This flag can't be used together with -f or -R."),
    bool(
      "recursive|R",
      "Process the directory used in -f, --filename recursively. Useful when you want to manage related manifests organized within the same directory.",
    ),
  ];
}

/** Where folders are read to their depth unless told otherwise. */
export const recursing = (flag: Flag): Flag => (flag.name === "recursive" ? { ...flag, value: "true" } : flag);

export function hasFiles(session: Session): boolean {
  const { flags } = session;
  return flags.has("filename") && (flags.list("filename").length > 0 || (flags.has("kustomize") && flags.text("kustomize") !== ""));
}

/** Whether -f or -k names one file or folder of resources: what it holds passes for a single item. */
export function isOneFile({ flags, io }: Session): boolean {
  const [name, ...more] = flags.list("filename");
  if (name === undefined) return true;
  if (more.length > 0 || name === "-") return false;
  const path = resolve(io.cwd, name);
  return !existsSync(path) || !statSync(path).isDirectory();
}

/** What is wrong with -f, -k and -R before anything is read. */
export function wrongFiles(session: Session): CliError[] {
  const { flags } = session;
  if (!flags.has("filename")) return [];
  const names = flags.list("filename");
  const kustomize = flags.has("kustomize") && flags.text("kustomize") !== "";
  const errors: CliError[] = [];
  if (names.length > 0 && kustomize) errors.push(new CliError("only one of -f or -k can be specified"));
  if (kustomize && flags.has("recursive") && flags.bool("recursive")) errors.push(new CliError("the -k flag can't be used with -f or -R"));
  if (names.filter((name) => name === "-").length > 1) errors.push(stdinTwice());
  if (errors.length > 0) return errors;
  return names
    .filter((name) => name !== "-" && !/^https?:\/\//.test(name) && pathsOf(session, name).length === 0)
    .map((name) => new CliError(`the path ${JSON.stringify(name)} does not exist`));
}

export const stdinTwice = () => new CliError("standard input cannot be used for multiple arguments");

/** The path, or what a pattern matches. */
function pathsOf(session: Session, name: string): string[] {
  if (existsSync(resolve(session.io.cwd, name)) && name !== "") return [name];
  return /[*?[]/.test(name) ? globSync(name, { cwd: session.io.cwd }).sort() : [];
}

const extensions = new Set([".json", ".yaml", ".yml"]);

/** They collect what is wrong with files, and tell it as it is. */
const readers = new Set(["kubectl get", "kubectl describe"]);

/** Every object in the files of -f, in order. Lists are opened. What is wrong with some goes to `errors`, or the first is thrown. */
export async function readManifests(session: Session, errors?: unknown[]): Promise<Manifest[]> {
  const kustomize = session.flags.has("kustomize") ? session.flags.text("kustomize") : "";
  if (kustomize) {
    if (session.flags.list("filename").length > 0) throw new CliError("only one of -f or -k can be specified");
    const { build } = await import("../kustomize/build.ts");
    const objects = build(resolve(session.io.cwd, kustomize), {
      named: kustomize,
      order: "fifo",
      warn: (line) => session.err(`${line}\n`),
    });
    return objects.map((object) => ({ object, source: kustomize }));
  }
  const { parseManifests } = await import("./manifest-text.ts");
  const manifests: Manifest[] = [];
  for (const name of session.flags.list("filename")) {
    const raw = readers.has(session.command);
    for (const { text: content, source } of await readSources(session, name))
      manifests.push(...(await parseManifests(content, source, { raw, errors })));
  }
  return manifests;
}

async function readSources(session: Session, name: string): Promise<{ text: string; source: string }[]> {
  if (name === "-") return [{ text: await readStdin(session), source: "STDIN" }];
  if (name === "") throw new CliError('the path "" does not exist');
  if (/^https?:\/\//.test(name)) return [{ text: await fetchText(name), source: name }];
  const path = resolve(session.io.cwd, name);
  if (!existsSync(path)) {
    const matches = pathsOf(session, name);
    if (matches.length === 0) throw new CliError(`the path ${JSON.stringify(name)} does not exist`);
    return matches.map((match) => ({ text: readFileSync(resolve(session.io.cwd, match), "utf8"), source: match }));
  }
  if (!statSync(path).isDirectory()) return [{ text: readText(path, name), source: name }];
  const files = filesIn(path, name, session.flags.has("recursive") && session.flags.bool("recursive"));
  if (files.length === 0) throw new CliError(`error reading [${name}]: recognized file extensions are [.json .yaml .yml]`);
  return files.map((file) => ({ text: readText(file.path, file.name), source: file.name }));
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(
      `open ${name}: ${(error as NodeJS.ErrnoException).code === "EACCES" ? "permission denied" : (error as Error).message}`,
    );
  }
}

function filesIn(folder: string, name: string, recursive: boolean): { path: string; name: string }[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const shown = join(name, entry.name);
      if (statSync(path).isDirectory()) return recursive ? filesIn(path, shown, true) : [];
      return extensions.has(extname(entry.name)) ? [{ path, name: shown }] : [];
    });
}

export async function readStdin(session: Session): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of session.io.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

async function fetchText(url: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  } catch (error) {
    throw new CliError(`unable to read URL ${JSON.stringify(url)}: ${(error as Error).message}`);
  }
  if (!response.ok)
    throw new CliError(
      `unable to read URL ${JSON.stringify(url)}, server reported ${response.status} ${response.statusText}, status code=${response.status}`,
    );
  return response.text();
}

export type { Manifest };
