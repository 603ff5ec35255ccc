/**
 * Our kubectl beside upstream's, on one cluster: the same output to the byte, messages and exit codes. `cases.txt` has lines that
 * change nothing, ours within this process; `twins.txt` has a whole session that does, run by each in a namespace of its own.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compare, runHere, runProcess } from "../kubectl/compare.ts";
import { eventually, type Output, root, TestCluster, upstreamKubectl } from "./cluster.ts";

const folder = join(root, "tests/kubectl");
const upstream = upstreamKubectl();
const version =
  upstream && /"gitVersion": "v1\.(\d+)/.exec(spawnSync(upstream, ["version", "--client", "-o", "json"], { encoding: "utf8" }).stdout);
const minor = Number(version?.[1] ?? 0);
if (!upstream) console.log("# there is no upstream kubectl on PATH: ours is not compared");

/** Lines of a table; `1.36: line` runs with every version of upstream's kubectl, and is compared from that one on. */
function linesOf(file: string): { line: string; compared: boolean }[] {
  const only = process.env.SPOKE_KUBECTL_LINES ?? "";
  return readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#") && line.includes(only))
    .map((text) => {
      const [, from, line] = /^1\.(\d+): (.*)$/.exec(text) ?? ["", "0", text];
      return { line: line!, compared: minor >= Number(from) };
    });
}

test("our kubectl says what upstream's says", { skip: upstream ? false : "no upstream kubectl on PATH", timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster("kubectl", [upstream!]);
  const setting = { env: cluster.env, cwd: root };
  const theirs = (args: string[]) => runProcess(upstream!, args, setting);
  const ours = (args: string[]) => runProcess(process.execPath, [join(root, "src/cli/main.ts"), ...args], setting);
  t.after(() => cluster.destroy());
  const up = cluster.spoke("up", "--nodes", "0", "--simulated-nodes", "2");
  assert.equal(up.code, 0, up.stdout + up.stderr);

  await t.test("lines that change nothing", async () => {
    cluster.kubectl("create ns cli");
    cluster.kubectl(["apply", "-f", join(folder, "setup.yaml")]);
    cluster.kubectl("wait --for=jsonpath={.status.observedGeneration} deploy/web -n cli --timeout=10s");
    const problems: string[] = [];
    for (const { line, compared } of linesOf("cases.txt")) {
      if (!compared) continue;
      const args = line.split(" ");
      problems.push(...compare(line, ...(await Promise.all([theirs(args), runHere(args, setting)]))));
    }
    assert.equal(problems.join("\n"), "");
  });

  await t.test("a session that changes things, each in a namespace of its own", async () => {
    const names = cluster.kubectl("get nodes -o name").stdout.trim().split("\n");
    const [nodeA, nodeB] = names.map((name) => name.replace("node/", ""));
    for (const ns of ["twin-a", "twin-b"]) cluster.kubectl(`create ns ${ns}`);
    // A template that is changed twice before its controller looks is one revision, not two: each change is seen before the next.
    const changes = /^(apply|annotate|autoscale|create|edit|expose|label|patch|replace|rollout|run|scale|set)\b/;
    const generations = [
      "get",
      "deploy",
      "-A",
      "-o",
      "jsonpath={range .items[*]}{.metadata.generation}={.status.observedGeneration} {end}",
    ];
    const settled = () =>
      eventually("every Deployment is seen by its controller", async () => {
        for (const pair of (await theirs(generations)).stdout.trim().split(" ").filter(Boolean)) {
          const [generation, observed] = pair.split("=");
          assert.ok(Number(observed) >= Number(generation), `generation ${generation}, observed ${observed}`);
        }
      });
    const problems: string[] = [];
    for (const { line, compared } of linesOf("twins.txt")) {
      const words = (ns: string, node: string) =>
        line
          .split(" ")
          .map((word) => word.replaceAll("{ns}", ns).replaceAll("{node}", node))
          .concat("-n", ns);
      const alike = ({ code, stdout, stderr }: Output): Output => {
        const same = (text: string) => text.replaceAll("twin-b", "twin-a").replaceAll(nodeB!, nodeA!);
        return { code, stdout: same(stdout), stderr: same(stderr) };
      };
      const [left, right] = await Promise.all([theirs(words("twin-a", nodeA!)), ours(words("twin-b", nodeB!))]);
      if (changes.test(line)) await settled();
      if (compared) problems.push(...compare(line, alike(left), alike(right)));
    }
    assert.equal(problems.join("\n"), "");
  });
});
