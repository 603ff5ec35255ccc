/** `/logs/?query=`: what services of the node wrote, from the machine's journal, or from files that are called as they are. */
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { RE2JS } from "re2js";
import { Problems, throwAll } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { RunResult } from "#linux/mod.ts";
import { statIfThere } from "../volumes/places.ts";

export interface QueryTools {
  /** Where the node's logs lie. */
  root: string;
  /** A command of the machine; rejects when there is no such. */
  run(argv: readonly string[], timeoutMs: number): Promise<RunResult>;
}

export interface LogQuery {
  services: string[];
  files: string[];
  sinceTime?: Date;
  untilTime?: Date;
  tailLines?: number;
  boot?: number;
  pattern?: string;
}

type Wrong = { wrong: string };

const mostTail = 100_000;
const longestName = 256;
const mostServices = 4;
const longestMs = 30_000;

/** Undefined: nothing is asked for, and the path counts. */
export function readQuery(words: URLSearchParams): LogQuery | Wrong | undefined {
  const problems = new Problems();
  const query: LogQuery = { services: [], files: [] };
  const asked = words.getAll("query");
  for (const word of asked) {
    if (/[/\\]/.test(word)) query.files.push(word);
    else if (word.trim() !== "") query.services.push(word);
  }
  if (words.has("query") && query.files.length + query.services.length === 0) problems.invalid("query", asked, "may not be empty");
  for (const name of ["sinceTime", "untilTime"] as const) {
    const text = words.get(name);
    if (!text) continue;
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
    if (isTime) query[name] = new Date(text);
    else problems.invalid(name, text, "invalid time format");
  }
  for (const name of ["boot", "tailLines"] as const) {
    const text = words.get(name);
    if (!text) continue;
    if (/^[+-]?\d+$/.test(text)) query[name] = Number(text);
    else problems.invalid(name, text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const pattern = words.get("pattern");
  if (pattern) query.pattern = pattern;
  const wrong = textOf(problems);
  if (wrong !== undefined) return { wrong };
  return asked.length > 0 || Object.keys(query).length > 2 ? query : undefined;
}

/** The text, or the file below the root that it is. */
export async function answerQuery(query: LogQuery, tools: QueryTools): Promise<{ text: string } | { file: string } | Wrong> {
  const wrong = textOf(await problemsOf(query, tools));
  if (wrong !== undefined) return { wrong };
  const [file] = query.files;
  if (file !== undefined) return { file: file.replaceAll("\\", "/") };
  const units = await tools.run(["journalctl", "--field", "_SYSTEMD_UNIT"], longestMs).catch(() => undefined);
  const isNative = (service: string) => units?.code === 0 && units.stdout.includes(`${service}.service`);
  const natives = query.services.filter(isNative);
  const others = query.services.filter((service) => !isNative(service));
  const parts: string[] = [];
  if (natives.length > 0) parts.push(await journalOf(natives, query, tools));
  if (others.length > 0 && hasOptions(query))
    parts.push(`\noptions present and query resolved to log files for [${others.join(" ")}]\ntry without specifying options\n`);
  else for (const service of others) parts.push(await fileOf(service, tools));
  return { text: parts.join("") };
}

const hasOptions = (query: LogQuery) => Object.keys(query).length > 2;

async function problemsOf(query: LogQuery, { root }: QueryTools): Promise<Problems> {
  const { services, files, sinceTime, untilTime, tailLines, boot, pattern } = query;
  const problems = new Problems();
  for (const service of services) {
    if (service.length > longestName) problems.invalid("query", service, `length must be less than ${longestName}`);
    else if (/[^a-zA-Z\-_.:0-9@]/.test(service)) problems.invalid("query", service, "input contains unsupported characters");
  }
  if (services.length > mostServices) problems.tooMany("query", services.length, mostServices);
  if (files.length === 0 && services.length === 0) problems.required("query", "cannot be empty with options");
  else if (files.length > 0 && services.length > 0)
    problems.invalid("query", `[${files.join(" ")}], [${services.join(" ")}]`, "cannot specify a file and service");
  else if (files.length > 1) problems.invalid("query", files, "cannot specify more than one file");
  else if (files.length === 1 && hasOptions(query)) problems.invalid("query", files, "cannot specify file with options");
  else if (files.length === 1) {
    const why = await insideOf(root, files[0]!).then(() => undefined, messageOf);
    if (why !== undefined) problems.invalid("query", files, why);
  }
  if (sinceTime && untilTime && sinceTime > untilTime)
    problems.invalid("untilTime", `${untilTime.toISOString().slice(0, 19)}Z`, "must be after `sinceTime`");
  if (boot !== undefined && boot > 0) problems.invalid("boot", boot, "must be less than 1");
  if (tailLines !== undefined && (tailLines < 0 || tailLines > mostTail))
    problems.invalid("tailLines", tailLines, `must be between 0 and ${mostTail}, inclusive`);
  try {
    RE2JS.compile(pattern ?? "");
  } catch (error) {
    problems.invalid("pattern", pattern, messageOf(error));
  }
  return problems;
}

/** Where it is; rejects when there is none, or links lead out of the root. */
async function insideOf(root: string, path: string): Promise<string> {
  const fault = (why: string) => new Error(`statat ${path}: ${why}`);
  const plain = path.replaceAll("\\", "/");
  if (plain.startsWith("/")) throw fault("path escapes from parent");
  const top = await realpath(root);
  const at = await realpath(join(top, plain)).catch(() => {
    throw fault("no such file or directory");
  });
  if (at !== top && !at.startsWith(`${top}/`)) throw fault("path escapes from parent");
  return at;
}

async function journalOf(services: readonly string[], query: LogQuery, { run }: QueryTools): Promise<string> {
  const { sinceTime, untilTime, tailLines, boot, pattern } = query;
  const words = [
    ...["journalctl", "--utc", "--no-pager", "--output=short-precise"],
    ...(sinceTime ? [`--since=${dateText(sinceTime)}`] : []),
    ...(untilTime ? [`--until=${dateText(untilTime)}`] : []),
    ...(tailLines === undefined ? [] : ["--pager-end", `--lines=${tailLines}`]),
    ...services.map((service) => `--unit=${service}`),
    ...(pattern ? [`--grep=${pattern}`] : []),
    ...(boot === undefined ? [] : ["--boot", String(boot)]),
  ];
  try {
    const { stdout, stderr, code } = await run(words, longestMs);
    // It took too long, or was too much for one answer.
    return `${stdout}${stderr}${code === -1 ? "\nerror: journal output not available\n" : ""}`;
  } catch {
    return "\nerror: journal output not available\n";
  }
}

const dateText = (date: Date) =>
  `${date.getUTCFullYear()}-${date.getUTCMonth() + 1}-${date.getUTCDate()} ${date.getUTCHours()}:${date.getUTCMinutes()}:${date.getUTCSeconds()}`;

/** Of a service that is called as its file, or as its folder. */
async function fileOf(service: string, { root }: QueryTools): Promise<string> {
  for (const name of [service, `${service}.log`, `${service}/${service}.log`])
    try {
      const at = await insideOf(root, name);
      if ((await statIfThere(at))?.isFile()) return await readFile(at, "utf8");
    } catch (error) {
      if (!messageOf(error).endsWith("no such file or directory")) return `\nerror getting log for ${service}: ${messageOf(error)}\n`;
    }
  return `\nlog not found for ${service}\n`;
}

function textOf(problems: Problems): string | undefined {
  try {
    throwAll(problems);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
