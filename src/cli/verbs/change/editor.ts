/**
 * Objects in the user's editor, as often as it takes: what cannot be read or what the server finds invalid is shown again with the
 * reasons above it. Whatever goes wrong otherwise, the file stays and is named.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Session } from "../../connect/session.ts";
import { CliError, Exit, StatusError } from "../../failure.ts";
import { manifestTarget, type NamedTarget } from "../../input/builder.ts";
import { parseManifests } from "../../input/manifest-text.ts";
import { fieldValidation } from "../../input/write-flags.ts";
import { withoutManagedFields } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

interface Reason {
  head: string;
  other: string[];
}

/** What became of one round. */
export class Results {
  reasons: Reason[] = [];
  #retryable = 0;
  #missing = 0;

  /** What is said of a refusal; objects that are invalid are edited again. */
  add(error: unknown, { resource, name }: Pick<NamedTarget, "resource" | "name">): string {
    const what = `${resource.name}${resource.group ? `.${resource.group}` : ""} ${JSON.stringify(name)}`;
    if (error instanceof StatusError && error.reason === "Invalid") {
      const other = (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
      this.reasons.push({ head: `${what} was not valid`, other });
      return `error: ${what} is invalid\n`;
    }
    if (error instanceof StatusError && error.reason === "NotFound") {
      this.#missing++;
      return `error: ${what} could not be found on the server\n`;
    }
    this.#retryable++;
    return `error: ${what} could not be patched: ${(error as Error).message}\n`;
  }

  /** What keeps the file although the editor shall not open again. */
  ending(file: string): string | undefined {
    if (this.#retryable > 0) return `You can run \`kubectl replace -f ${file}\` to try this update again.\n`;
    return this.#missing > 0 ? `The edits you made on deleted resources have been saved to ${JSON.stringify(file)}\n` : undefined;
  }

  get header(): string {
    return this.reasons
      .map(
        ({ head, other }) =>
          `# ${commented(head)}${other.length > 0 ? ":" : ""}\n${other.map((each) => `# * ${commented(each)}\n`).join("")}#\n`,
      )
      .join("");
  }
}

const commented = (text: string) => text.replaceAll(/\n(?=[^#])/g, "\n# ");

export interface Editing {
  /** Above the objects, unless they are JSON. */
  header: string;
  targets: NamedTarget[];
  objects: KObject[];
  /** Sends what was edited. */
  visit(edited: NamedTarget[], results: Results): Promise<void>;
}

export const plainHeader =
  "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

export async function editObjects(session: Session, how: Editing): Promise<void> {
  const format = session.flags.text("output") || "yaml";
  const shown = how.objects.map(withoutManagedFields);
  const whole = shown.length === 1 ? shown[0] : { kind: "List", apiVersion: "v1", metadata: {}, items: shown };
  const original = await textOf(format, whole);
  let results = new Results();
  let body = original;
  let previous: string | undefined;
  for (;;) {
    const header = format === "json" ? "" : `${how.header}${results.header}`;
    const { text, file } = launch(session, `${header}${body}`, format === "json" ? "json" : "yaml");
    const forget = () => rmSync(dirname(file), { recursive: true, force: true });
    if (previous !== undefined && (await same(previous, text))) throw kept(session, "Edit cancelled, no valid changes were saved.", file);
    if (await same(original, text)) {
      forget();
      return session.err("Edit cancelled, no changes made.\n");
    }
    results = new Results();
    previous = text;
    body = withoutComments(text);
    const wrong = fieldValidation(session) === "Ignore" ? undefined : await whatIsWrong(body);
    if (wrong !== undefined) {
      const { resource, name } = how.targets[0]!;
      const cause = { field: "<nil>", message: `Invalid value: "The edited file failed validation": ${wrong}` };
      session.err(results.add(new StatusError({ reason: "Invalid", details: { causes: [cause] } }), { resource, name }));
      forget();
      continue;
    }
    if (!/^\s*[^#\s]/m.test(text)) {
      forget();
      return session.err("Edit cancelled, saved file was empty.\n");
    }
    const edited = await read(session, text, { results });
    if (!edited) {
      forget();
      continue;
    }
    try {
      await how.visit(edited, results);
    } catch (error) {
      throw kept(session, error, file);
    }
    const ending = results.ending(file);
    if (ending !== undefined) {
      session.err(ending);
      throw new Exit(1);
    }
    forget();
    if (results.reasons.length === 0) return;
  }
}

/** Undefined when the text is none of objects: `results` says why. */
async function read(session: Session, text: string, at: { results: Results }): Promise<NamedTarget[] | undefined> {
  const { results } = at;
  try {
    const manifests = await parseManifests(withoutComments(text), "edited-file");
    return await Promise.all(manifests.map((manifest) => manifestTarget(session, manifest, { strict: true })));
  } catch (error) {
    if (error instanceof CliError && error.message.startsWith("the namespace from")) throw error;
    results.reasons.push({ head: `The edited file had a syntax error: ${(error as Error).message}`, other: [] });
    return undefined;
  }
}

/** What keeps a text from being objects at all. */
async function whatIsWrong(content: string): Promise<string | undefined> {
  let values: unknown[];
  try {
    values = await documentsOf(content);
  } catch (error) {
    return (error as Error).message;
  }
  if (values.length === 0) return 'unknown object type "nil"';
  for (const value of values) {
    const fields = typeof value === "object" && value !== null ? (value as Partial<KObject>) : {};
    const missing = (["apiVersion", "kind"] as const).filter((field) => !fields[field]).map((field) => `${field} not set`);
    if (missing.length > 0) return missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`;
  }
  return undefined;
}

async function textOf(format: string, value: unknown): Promise<string> {
  if (format === "json") return `${(await import("#codec/go-json.ts")).goJson(value, "    ")}\n`;
  if (format === "kyaml") return `---\n${(await import("../../print/kyaml.ts")).writeKyaml(value)}\n`;
  if (format !== "yaml")
    throw new CliError(
      `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: json,kyaml,yaml`,
    );
  return (await import("#codec/yaml-writer.ts")).writeYaml(value);
}

async function documentsOf(content: string): Promise<unknown[]> {
  const { parseYaml } = await import("#codec/yaml.ts");
  return parseYaml(content).documents.map(({ value }) => value);
}

/** Whether two texts mean the same; what cannot be read means what it says. */
async function same(a: string, b: string): Promise<boolean> {
  try {
    return isDeepStrictEqual(await documentsOf(a), await documentsOf(b));
  } catch {
    return withoutComments(a) === withoutComments(b);
  }
}

function kept(session: Session, error: unknown, file: string): unknown {
  if (existsSync(file)) session.err(`A copy of your changes has been stored to ${JSON.stringify(file)}\n`);
  return typeof error === "string" ? new CliError(error) : error;
}

function launch(session: Session, text: string, extension: string): { text: string; file: string } {
  const { env, cwd } = session.io;
  const file = join(mkdtempSync(join(tmpdir(), "kubectl-edit-")), `object.${extension}`);
  writeFileSync(file, session.flags.bool("windows-line-endings") ? text.replaceAll("\n", "\r\n") : text, { mode: 0o600 });
  const editor = env.KUBE_EDITOR || env.EDITOR || "vi";
  const result = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", cwd, env: env as NodeJS.ProcessEnv });
  if (result.error || result.status !== 0) throw new CliError(`there was a problem with the editor ${JSON.stringify(editor)}`);
  return { text: readFileSync(file, "utf8").replaceAll("\r\n", "\n"), file };
}

function withoutComments(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*#(?!!)/.test(line))
    .join("\n");
}
