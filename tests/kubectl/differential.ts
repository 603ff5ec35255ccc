/**
 * Runs every line of cases.txt by upstream's kubectl and by ours against one server and compares output, messages and
 * exit codes. Usage: node tests/kubectl/differential.ts KUBECONFIG [FILTER]. UPSTREAM_KUBECTL names upstream's program.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const upstream = process.env.UPSTREAM_KUBECTL ?? join(homedir(), ".cache/spoke-peer/bin/kubectl");
const [kubeconfig, filter = ""] = process.argv.slice(2);

interface Result {
  stdout: string;
  stderr: string;
  code: number;
}

function run(program: string, args: string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
    });
    const out: Result = { stdout: "", stderr: "", code: 0 };
    child.stdout.on("data", (chunk) => {
      out.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...out, code: code ?? -1 }));
  });
}

const ours = (args: string[]) => run(process.execPath, [join(here, "../../src/cli/main.ts"), ...args]);

/** Ages, log stamps and the width they take are no difference. */
export function normalize(text: string): string {
  return text
    .replaceAll(/\b\d+(s|m|h|d)(\d+(s|m|h))?\b/g, "AGE")
    .replaceAll(/^[WE]\d{4} .*?\] /gm, "LOG ")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ +$/gm, "");
}

function show(label: string, a: string, b: string): string {
  const [left, right] = [normalize(a).split("\n"), normalize(b).split("\n")];
  const at = left.findIndex((line, index) => line !== right[index]);
  const index = at < 0 ? left.length : at;
  return `  ${label} line ${index + 1}\n    upstream: ${left[index] ?? "(end)"}\n    ours:     ${right[index] ?? "(end)"}`;
}

async function main(): Promise<number> {
  if (!kubeconfig || !existsSync(upstream)) {
    console.log(kubeconfig ? `no upstream kubectl at ${upstream}: nothing compared` : "usage: differential.ts KUBECONFIG [FILTER]");
    return kubeconfig ? 0 : 2;
  }
  await run(upstream, ["create", "ns", "cli"]);
  await run(upstream, ["apply", "-f", join(here, "setup.yaml")]);
  await run(upstream, ["wait", "--for=jsonpath={.status.observedGeneration}", "deploy/web", "-n", "cli", "--timeout=10s"]);
  const lines = readFileSync(join(here, "cases.txt"), "utf8").split("\n");
  const cases = lines.filter((line) => line !== "" && !line.startsWith("#") && line.includes(filter));
  let different = 0;
  for (const line of cases) {
    const args = line.split(" ");
    const [a, b] = await Promise.all([run(upstream, args), ours(args)]);
    const problems: string[] = [];
    if (normalize(a.stdout) !== normalize(b.stdout)) problems.push(show("stdout", a.stdout, b.stdout));
    if (normalize(a.stderr) !== normalize(b.stderr)) problems.push(show("stderr", a.stderr, b.stderr));
    if (a.code !== b.code) problems.push(`  exit code upstream ${a.code}, ours ${b.code}`);
    if (problems.length === 0) continue;
    different++;
    console.log(`${line}\n${problems.join("\n")}`);
  }
  console.log(`${cases.length - different} of ${cases.length} command lines agree`);
  return different === 0 ? 0 : 1;
}

process.exitCode = await main();
