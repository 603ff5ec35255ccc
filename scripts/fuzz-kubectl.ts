/**
 * Random command lines to our kubectl and to upstream's, on one cluster: exit codes and the first line of complaints must be equal.
 *
 *     KUBECONFIG=… SPOKE_UPSTREAM_KUBECTL=… node scripts/fuzz-kubectl.ts [--count N] [--seed N] [--verb WORD] [--all]
 *
 * The cluster needs the namespace "cli" with tests/kubectl/setup.yaml. Nothing changes it: what would is a dry run, or meets nothing.
 * --all compares everything that is said. Ours runs within this process.
 */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "#base/mod.ts";
import { compare, runHere, runProcess, type Said, type Setting } from "../tests/kubectl/compare.ts";
import { Lines, verbsOf } from "./kubectl/fuzz-lines.ts";

const { values: flags } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    verb: { type: "string", default: "" },
    all: { type: "boolean", default: false },
  },
});
const upstream = process.env.SPOKE_UPSTREAM_KUBECTL;
const kubeconfig = process.env.KUBECONFIG;
if (!upstream || !kubeconfig) {
  console.error("fuzz-kubectl: KUBECONFIG names the cluster, SPOKE_UPSTREAM_KUBECTL upstream's program");
  process.exit(2);
}
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "spoke-fuzz-"));
const patienceMs = 10_000;

/** A home, a kubeconfig and files of its own for each side of each worker: some commands write there. */
function settingOf(name: string): { setting: Setting; reset(): void } {
  const home = join(folder, name);
  const cwd = join(home, "files");
  const own = join(home, "kubeconfig");
  for (const each of ["tests/kubectl", "examples/bootcamp"]) cpSync(join(root, each), join(cwd, each), { recursive: true });
  mkdirSync(join(home, ".kube"), { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: own, KUBE_EDITOR: "true" };
  const reset = () => {
    copyFileSync(kubeconfig!, own);
    rmSync(join(home, ".kube/kuberc"), { force: true });
  };
  return { setting: { env, cwd, timeoutMs: patienceMs }, reset };
}

const verbs = (await verbsOf()).filter((verb) => verb.path.join(" ").includes(flags.verb));
const lines = new Lines(verbs, seededRandom(Number(flags.seed)));
const total = Number(flags.count);
let count = 0;
let differing = 0;
let now = "";
process.on("unhandledRejection", (reason) => console.log(`${now}\n  ours: a rejection that nobody handles: ${reason}`));

/** Exit code and the first line of complaints; of a command that only ends by our patience, that it does not end. */
const brief = ({ code, stderr }: Said): Said => ({ code, stdout: "", stderr: code === -1 ? "" : (stderr.split("\n")[0] ?? "") });

async function work(worker: number): Promise<void> {
  const [a, b] = [settingOf(`${worker}a`), settingOf(`${worker}b`)];
  while (count < total) {
    count++;
    const args = lines.next();
    now = args.join(" ");
    a.reset();
    b.reset();
    const here = runHere(args, b.setting).catch(
      (error: unknown): Said => ({ code: -2, stdout: "", stderr: String((error as Error).stack) }),
    );
    const [theirs, ours] = await Promise.all([runProcess(upstream!, args, a.setting), here]);
    const line = args.map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word}'`)).join(" ");
    const problems = flags.all ? compare(line, theirs, ours) : compare(line, brief(theirs), brief(ours));
    if (problems.length === 0) continue;
    differing++;
    console.log(problems.join("\n"));
  }
}

await Promise.all([work(1), work(2)]);
rmSync(folder, { recursive: true, force: true });
console.log(`seed ${flags.seed}: ${total} command lines, ${differing} answered differently`);
process.exit(differing === 0 ? 0 : 1);
