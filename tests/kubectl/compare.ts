/** Two kubectls on one command line: what they said, and where it differs. Shared by the compared tables and by the fuzz. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { kubectl } from "#cli/mod.ts";

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Setting {
  env: NodeJS.ProcessEnv;
  cwd: string;
  timeoutMs?: number;
}

/** One command as a process of its own. */
export function runProcess(program: string, args: string[], { env, cwd, timeoutMs = 60_000 }: Setting): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk) => (said.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk) => (said.stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...said, code: code ?? -1 }));
  });
}

/** The same command by our kubectl within this process: for what is not about being a process, in a tenth of the time. */
export async function runHere(args: string[], { env, cwd, timeoutMs = 60_000 }: Setting): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        said[name] += typeof chunk === "string" ? chunk : chunk.toString("utf8");
        done();
      },
    });
  const [stdout, stderr] = [into("stdout"), into("stderr")];
  const signal = AbortSignal.timeout(timeoutMs);
  const code = await kubectl(args, { stdin: Readable.from([]), stdout, stderr, env, cwd, signal });
  return { ...said, code: signal.aborted ? -1 : code };
}

/** What differs between two runs of the same: ages, times, random names, addresses, ports. */
const varying: [RegExp, string][] = [
  // Before ages: a part of one may look like them.
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UID"],
  [/\b\d+(ms|s|m|h|d)(\d+(s|m|h))?\b/g, "AGE"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b/g, "TIME"],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000/g, "TIME"],
  [/(?<=resourceVersion: ")\d+(?=")/g, "N"],
  [/\b(10|100)\.\d+\.\d+\.\d+\b/g, "IP"],
  [/(?<=:)3[0-2]\d{3}\b/g, "NODEPORT"],
  [/\/tmp\/[\w./-]+/g, "FILE"],
  [/(?<=\b(bootcamp|web)-)[0-9a-z]{7,10}(-[a-z0-9]{5})?\b/g, "RAND"],
];

/** Progress that one run may see and the other not, and stamps of the log. */
function settled(text: string): string {
  return text.replaceAll(/^Waiting for deployment .*\n/gm, "").replaceAll(/^[WE]\d{4} .*?\] /gm, "LOG ");
}

/** Stand-ins for what varies, and how wide each was: equal widths mean equal columns. */
function standIns(text: string): { text: string; widths: string } {
  const widths: number[] = [];
  let result = settled(text);
  for (const [pattern, word] of varying) {
    result = result.replaceAll(pattern, (match) => {
      widths.push(match.length);
      return word;
    });
  }
  return { text: result, widths: widths.join() };
}

const folded = (text: string): string => text.replaceAll(/[ \t]+/g, " ").replaceAll(/ +$/gm, "");

/** The first line where two texts differ, to the byte; blanks are folded only where a value's width differs, which moves columns. */
export function difference(what: string, theirs: string, ours: string): string[] {
  const [a, b] = [standIns(theirs), standIns(ours)];
  const same = a.widths === b.widths;
  const [left, right] = [same ? a.text : folded(a.text), same ? b.text : folded(b.text)].map((text) => text.split("\n"));
  const at = left!.findIndex((line, index) => line !== right![index]);
  const index = at < 0 && right!.length > left!.length ? left!.length : at;
  if (index < 0) return [];
  const shown = (line: string | undefined) => (line === undefined ? "(its end)" : JSON.stringify(line));
  return [`  ${what}, line ${index + 1}`, `    upstream: ${shown(left![index])}`, `    ours:     ${shown(right![index])}`];
}

export function compare(line: string, theirs: Said, ours: Said): string[] {
  const problems = [...difference("stdout", theirs.stdout, ours.stdout), ...difference("stderr", theirs.stderr, ours.stderr)];
  if (theirs.code !== ours.code) problems.push(`  exit code: upstream ${theirs.code}, ours ${ours.code}`);
  return problems.length > 0 ? [line, ...problems] : [];
}

/** Why lines that match are answered differently. */
export interface Reason {
  pattern: RegExp;
  why: string;
}

/** `known.txt`: a pattern for whole lines, ` ## `, the reason. */
export function reasonsOf(root: string): Reason[] {
  return readFileSync(join(root, "tests/kubectl/known.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [pattern, why] = line.split(" ## ");
      return { pattern: new RegExp(`^(?:${pattern})$`), why: why! };
    });
}

export function reasonFor(line: string, reasons: readonly Reason[]): Reason | undefined {
  return reasons.find(({ pattern }) => pattern.test(line));
}
