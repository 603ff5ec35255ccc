/**
 * Our kubectl beside upstream's, on one cluster: the same output, messages and exit codes. `cases.txt` has lines that change
 * nothing; `twins.txt` has a whole session that does, run by each in a namespace of its own.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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

/** What differs between two runs of the same: ages, times, random names, addresses, log stamps, and the width that they take. */
function normalize(text: string): string {
  return text
    .replaceAll(/\b\d+(ms|s|m|h|d)(\d+(s|m|h))?\b/g, "AGE")
    .replaceAll(/^Waiting for deployment .*\n/gm, "")
    .replaceAll(/^[WE]\d{4} .*?\] /gm, "LOG ")
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b/g, "TIME")
    .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000/g, "TIME")
    .replaceAll(/resourceVersion: "\d+"/g, "resourceVersion: N")
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UID")
    .replaceAll(/\b(10|100)\.\d+\.\d+\.\d+\b/g, "IP")
    .replaceAll(/:3[0-2]\d{3}\b/g, ":NODEPORT")
    .replaceAll(/\/tmp\/[\w./-]+/g, "FILE")
    .replaceAll(/\b(bootcamp|web)-[0-9a-z]{7,10}(-[a-z0-9]{5})?\b/g, "$1-RAND")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ +$/gm, "");
}

function difference(what: string, theirs: string, ours: string): string[] {
  const [left, right] = [normalize(theirs).split("\n"), normalize(ours).split("\n")];
  const at = left.findIndex((line, index) => line !== right[index]);
  const index = at < 0 && right.length > left.length ? left.length : at;
  return index < 0
    ? []
    : [`  ${what}, line ${index + 1}`, `    upstream: ${left[index] ?? "(its end)"}`, `    ours:     ${right[index] ?? "(its end)"}`];
}

function compare(line: string, theirs: Output, ours: Output): string[] {
  const problems = [...difference("stdout", theirs.stdout, ours.stdout), ...difference("stderr", theirs.stderr, ours.stderr)];
  if (theirs.code !== ours.code) problems.push(`  exit code: upstream ${theirs.code}, ours ${ours.code}`);
  return problems.length > 0 ? [line, ...problems] : [];
}

test("our kubectl says what upstream's says", { skip: upstream ? false : "no upstream kubectl on PATH", timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster("kubectl", [upstream!]);
  const run = (program: string, args: string[]) =>
    new Promise<Output>((resolve, reject) => {
      const child = spawn(program, args, { env: cluster.env, cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
      const out = { stdout: "", stderr: "" };
      child.stdout.on("data", (chunk) => (out.stdout += chunk));
      child.stderr.on("data", (chunk) => (out.stderr += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ ...out, code: code ?? -1 }));
    });
  const theirs = (args: string[]) => run(upstream!, args);
  const ours = (args: string[]) => run(process.execPath, [join(root, "src/cli/main.ts"), ...args]);
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
      problems.push(...compare(line, ...(await Promise.all([theirs(args), ours(args)]))));
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
