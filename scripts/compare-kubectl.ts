/**
 * All command lines of tests/kubectl (`cases.txt` and what `lines.ts` makes), by our kubectl and by upstream's on one cluster: every
 * byte and exit code must be equal.
 *
 *     node scripts/serve-alone.ts KUBECONFIG --nodes 2 &
 *     KUBECONFIG=… SPOKE_UPSTREAM_KUBECTL=… node scripts/compare-kubectl.ts [--section NAME] [--only WORDS]
 *
 * Ours runs within this process. What is known to differ stands with its reason in tests/kubectl/known.txt.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compare, type Reason, reasonFor, reasonsOf, runHere, runProcess, type Setting } from "../tests/kubectl/compare.ts";
import { sections, writtenLines } from "../tests/kubectl/lines.ts";

const { values: flags } = parseArgs({ options: { section: { type: "string" }, only: { type: "string", default: "" } } });
const upstream = process.env.SPOKE_UPSTREAM_KUBECTL;
const kubeconfig = process.env.KUBECONFIG;
if (!upstream || !kubeconfig) {
  console.error("compare-kubectl: KUBECONFIG names the cluster, SPOKE_UPSTREAM_KUBECTL upstream's program");
  process.exit(2);
}
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "spoke-compare-"));

function settingOf(name: string): Setting {
  const home = join(folder, name);
  mkdirSync(home);
  return { env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, KUBE_EDITOR: "true" }, cwd: root, timeoutMs: 20_000 };
}

const [theirs, ours] = [settingOf("a"), settingOf("b")];
for (const file of ["kinds.yaml", "widget.yaml"]) {
  // Discovery may be a moment behind a new kind.
  let made = await runProcess(upstream, ["apply", "--server-side", "-f", `tests/kubectl/${file}`], theirs);
  if (made.code !== 0) made = await runProcess(upstream, ["apply", "--server-side", "-f", `tests/kubectl/${file}`], theirs);
  if (made.code !== 0) throw new Error(made.stderr);
}

const reasons = reasonsOf(root);
let failed = 0;
const all = [{ name: "cases.txt", lines: writtenLines(root) }, ...sections()];
for (const { name, lines } of all.filter((section) => !flags.section || section.name === flags.section)) {
  const chosen = lines.filter((args) => args.join(" ").includes(flags.only));
  const excused = new Map<Reason, number>();
  let differing = 0;
  const waiting = [...chosen];
  const work = async () => {
    for (let args = waiting.shift(); args; args = waiting.shift()) {
      const line = args.join(" ");
      const problems = compare(line, ...(await Promise.all([runProcess(upstream, args, theirs), runHere(args, ours)])));
      if (problems.length === 0) continue;
      const reason = reasonFor(line, reasons);
      if (reason) excused.set(reason, (excused.get(reason) ?? 0) + 1);
      else {
        differing++;
        console.log(problems.join("\n"));
      }
    }
  };
  await Promise.all([work(), work()]);
  const known = [...excused.values()].reduce((sum, count) => sum + count, 0);
  console.log(`# ${name}: ${chosen.length} command lines, ${differing} answered differently, ${known} differ for a known reason`);
  failed += differing;
}
rmSync(folder, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
