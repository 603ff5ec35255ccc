/**
 * Sessions that change things (tests/kubectl/sessions/*.txt), first by upstream's kubectl and then by ours, each in a fresh namespace of
 * the same name on one cluster: every byte and exit code must be equal.
 *
 *     node scripts/serve-alone.ts KUBECONFIG --nodes 2 &
 *     KUBECONFIG=… SPOKE_UPSTREAM_KUBECTL=… node scripts/compare-sessions.ts [NAME…]
 *
 * A line is a command, `env NAME=VALUE` for those that follow, or a comment. {ns} is the namespace, {files} the folder of the session's
 * name. What a session makes outside of its namespace it deletes itself.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, runHere, runProcess, type Said, type Setting } from "../tests/kubectl/compare.ts";

const upstream = process.env.SPOKE_UPSTREAM_KUBECTL;
const kubeconfig = process.env.KUBECONFIG;
if (!upstream || !kubeconfig) {
  console.error("compare-sessions: KUBECONFIG names the cluster, SPOKE_UPSTREAM_KUBECTL upstream's program");
  process.exit(2);
}
const root = join(import.meta.dirname, "..");
const sessions = join(root, "tests/kubectl/sessions");
const names = process.argv.slice(2);
const all = readdirSync(sessions).flatMap((file) => (file.endsWith(".txt") ? [file.slice(0, -4)] : []));
const namespace = "session";

type Run = (args: string[], setting: Setting) => Promise<Said>;

/** The namespace is made anew, so that both sides begin alike. */
async function afresh(setting: Setting): Promise<void> {
  await runProcess(upstream!, ["delete", "namespace", namespace, "--ignore-not-found"], setting);
  const made = await runProcess(upstream!, ["create", "namespace", namespace], setting);
  if (made.code !== 0) throw new Error(made.stderr);
}

async function play(name: string, run: Run): Promise<{ line: string; said: Said }[]> {
  const home = mkdtempSync(join(tmpdir(), "spoke-session-"));
  mkdirSync(join(home, ".kube"));
  const env: Record<string, string | undefined> = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, KUBE_EDITOR: "true" };
  const setting: Setting = { env, cwd: root, timeoutMs: 60_000 };
  await afresh(setting);
  const said: { line: string; said: Said }[] = [];
  for (const line of readFileSync(join(sessions, `${name}.txt`), "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const words = line.replaceAll("{ns}", namespace).replaceAll("{files}", `tests/kubectl/sessions/${name}`).split(" ");
    if (words[0] === "env") {
      const [key = "", ...value] = words.slice(1).join(" ").split("=");
      env[key] = value.join("=");
    } else said.push({ line, said: await run(words, setting) });
  }
  rmSync(home, { recursive: true, force: true });
  return said;
}

let failed = 0;
for (const name of names.length > 0 ? names : all) {
  const theirs = await play(name, (args, setting) => runProcess(upstream, args, setting));
  const ours = await play(name, runHere);
  const problems = theirs.map(({ line, said }, index) => compare(line, said, ours[index]!.said)).filter((lines) => lines.length > 0);
  for (const lines of problems) console.log(lines.join("\n"));
  console.log(`# ${name}: ${theirs.length} command lines, ${problems.length} answered differently`);
  failed += problems.length;
}
process.exit(failed === 0 ? 0 : 1);
