/** --raw: a path of the server as the user wrote it, with what a file holds. */
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { readFileSync } from "./files.ts";
import { readStdin } from "./manifest.ts";

/** What cannot stand beside --raw, in upstream's order. `file`: whether exactly one file must be given, or at most one. */
export function checkRaw(session: Session, how: { file: "one" | "any"; beside?: string[] }): void {
  const { flags } = session;
  const names = flags.list("filename");
  const given = (name: string) => flags.has(name) && (flags.declared(name)!.type === "bool" ? flags.bool(name) : flags.text(name) !== "");
  const [first] = how.beside ?? [];
  if (first && given(first)) throw new CliError(exclusive(first));
  if (how.file === "one" ? names.length !== 1 : names.length > 1) throw new CliError("--raw can only use a single local file or stdin");
  if (/^https?:\/\//.test(names[0] ?? "")) throw new CliError("--raw cannot read from a url");
  for (const name of ["recursive", ...(how.beside ?? []).slice(1), "output"]) if (given(name)) throw new CliError(exclusive(name));
  const path = flags.text("raw");
  if (!/^(\/|[a-z][a-z0-9+.-]*:)/i.test(path))
    throw new CliError(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
}

function exclusive(name: string): string {
  if (name === "interactive") return "--interactive can not be used with --raw";
  return `--raw and --${name}${name === "selector" ? " (-l)" : ""} are mutually exclusive`;
}

/** Sends what -f holds, and prints the answer as it is. */
export async function sendRaw(session: Session, method: "POST" | "PUT" | "DELETE"): Promise<void> {
  const [file] = session.flags.list("filename");
  let body: string | undefined;
  if (file === "-") body = await readStdin(session);
  else if (file !== undefined) {
    try {
      body = readFileSync(file, "utf8");
    } catch {
      throw new CliError(`open ${file}: no such file or directory`);
    }
  }
  const response = await (await session.rest()).request({ method, path: session.flags.text("raw"), body });
  session.out(response.text);
}
