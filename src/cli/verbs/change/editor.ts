/** A text in the user's editor, until what is saved can be read. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";

export interface EditedText<T> {
  /** Undefined when nothing is to be done. */
  edited: T | undefined;
  file: string;
  /** Takes the file away. */
  forget(): void;
}

/** Opens the editor again with the reason as comments when the text cannot be read. */
export async function editText<T>(
  session: Session,
  how: {
    header: string;
    body: string;
    extension: string;
    windows?: boolean;
    parse(content: string, file: string): T | Promise<T>;
  },
): Promise<EditedText<T>> {
  const file = join(mkdtempSync(join(tmpdir(), "kubectl-edit-")), `object.${how.extension}`);
  const forget = () => rmSync(dirname(file), { recursive: true, force: true });
  const lines = (text: string) => (how.windows ? text.replaceAll("\n", "\r\n") : text);
  let content = how.body;
  let reasons = "";
  for (;;) {
    writeFileSync(file, lines(`${how.header}${reasons}${content}`), { mode: 0o600 });
    openEditor(session, file);
    const saved = stripComments(readFileSync(file, "utf8").replaceAll("\r\n", "\n"));
    const nothing = (message: string) => {
      session.err(message);
      forget();
      return { edited: undefined, file, forget };
    };
    if (reasons !== "" && saved === content)
      throw new CliError(`Edit cancelled, no valid changes were saved.\nA copy of your changes has been stored to ${JSON.stringify(file)}`);
    if (saved === how.body) return nothing("Edit cancelled, no changes made.\n");
    if (saved.trim() === "") return nothing("Edit cancelled, saved file was empty.\n");
    content = saved;
    try {
      return { edited: await how.parse(saved, file), file, forget };
    } catch (error) {
      reasons = `# The edited file had a syntax error: ${(error as Error).message.replaceAll("\n", "\n# ")}\n#\n`;
    }
  }
}

export function openEditor(session: Session, file: string): void {
  const { env, cwd } = session.io;
  const editor = env.KUBE_EDITOR || env.EDITOR || "vi";
  const result = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", cwd, env: env as NodeJS.ProcessEnv });
  if (result.error || result.status !== 0) throw new CliError(`there was a problem with the editor ${JSON.stringify(editor)}`);
}

export function stripComments(value: string): string {
  return value
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");
}
