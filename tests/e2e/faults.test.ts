/** Every process of a cluster may be killed, alone or with the one that would start it again. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, realNodes, sleep, spoke, TestCluster } from "./cluster.ts";

const run = "/run/spoke/faults";
const pidOf = (name: string): number => JSON.parse(readFileSync(join(run, `${name}.pid`), "utf8")).pid;
const lives = (name: string, not?: number): number => {
  const pid = pidOf(name);
  assert.notEqual(pid, not, `${name} is the old one`);
  assert.ok(existsSync(`/proc/${pid}`), `${name} lives`);
  return pid;
};

/** Asks the cluster DNS of a node every 10 ms, from inside the node; prints when each answer came. */
const asker = `
const { createSocket } = require("node:dgram");
const name = Buffer.concat([..."kubernetes default svc cluster local".split(" ").map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0, 0, 1, 0, 1])]);
const head = Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
const ask = () => {
  const socket = createSocket("udp4");
  socket.on("error", () => socket.close());
  socket.on("message", (answer) => { if (answer.readUInt16BE(6) === 1) console.log(Date.now()); socket.close(); });
  socket.send(Buffer.concat([head, name]), 53, process.argv[1]);
  setTimeout(() => { try { socket.close(); } catch {} }, 1000);
};
setInterval(ask, 10);
`;

test("killed processes", { skip: realNodes(), timeout: 300_000 }, async (t) => {
  const cluster = new TestCluster("faults", [spoke, "kubectl"]);
  t.after(() => cluster.destroy());
  const up = cluster.spoke("up");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  const ready = () => cluster.kubectl("get --raw /readyz", { fails: true }).stdout.includes("ok");

  await t.test("the DNS of a node goes on whichever of its processes is killed", async () => {
    const { slot } = JSON.parse(readFileSync("/var/lib/spoke/faults/cluster.json", "utf8"));
    const words = ["--net=/run/netns/spoke-faults-faults-node-1", process.execPath, "-e", asker, `10.${96 + slot}.0.10`];
    const child = spawn("nsenter", words, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (part) => (text += part));
    const log = () => readFileSync("/var/lib/spoke/faults/logs/faults-node-1-agent.log", "utf8");
    const standsBy = () => log().split("this one stands by").length - 1;
    try {
      let stoodBy = 0;
      for (const name of ["faults-node-1-agent", "faults-node-1-dns"]) {
        await eventually("answers", () => assert.ok(text.split("\n").length > 50));
        await eventually("there are two", () => assert.ok(standsBy() > stoodBy), 30_000);
        stoodBy = standsBy();
        text = "";
        await sleep(500);
        const pid = pidOf(name);
        const at = Date.now();
        process.kill(pid, "SIGKILL");
        await sleep(1500);
        const times = text.trim().split("\n").map(Number);
        const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
        const longest = Math.max(...gaps);
        t.diagnostic(`${name} killed: the longest silence of DNS was ${longest} ms`);
        // The promise is 100 ms where processes get their turn: on a busy machine the asker waits for its own, and the stand-in
        // for the moment in which it learns that the first has gone. It was two seconds and more of silence.
        assert.ok(
          longest < (name.endsWith("agent") ? 500 : 1500) && (times.at(-1) ?? 0) > at + 1000,
          `${name} killed: silent for ${longest} ms`,
        );
        await eventually(`${name} is back`, () => lives(name, pid), 20_000);
      }
    } finally {
      child.kill("SIGKILL");
    }
  });

  await t.test("the control plane, again and again: back each time without waiting longer", async () => {
    const took: number[] = [];
    for (let times = 0; times < 6; times++) {
      const pid = pidOf("control-plane");
      const at = Date.now();
      process.kill(pid, "SIGKILL");
      await eventually("the API answers", () => assert.ok(lives("control-plane", pid) && ready()), 20_000);
      took.push(Date.now() - at);
    }
    t.diagnostic(`back after ${took.join(", ")} ms`);
    // How long it takes is the machine's: that it does not grow is the promise (it went up to 10 s by doubling).
    assert.ok(Math.max(...took.slice(3)) < 3000 + 2 * Math.min(...took.slice(0, 3)), `back after ${took.join(", ")} ms`);
  });

  await t.test("supervisor and control plane together", async () => {
    const [supervisor, controlPlane] = ["supervisor", "control-plane"].map(pidOf);
    process.kill(supervisor!, "SIGKILL");
    process.kill(controlPlane!, "SIGKILL");
    const at = Date.now();
    await eventually("both are back", () => lives("supervisor", supervisor) && lives("control-plane", controlPlane), 20_000);
    await eventually("the API answers", () => assert.ok(ready()), 20_000);
    t.diagnostic(`back after ${Date.now() - at} ms`);
  });

  await t.test("the keeper, then both again", async () => {
    const keeper = pidOf("keeper");
    process.kill(keeper, "SIGKILL");
    await eventually("the keeper is back", () => lives("keeper", keeper), 20_000);
    const supervisor = pidOf("supervisor");
    process.kill(supervisor, "SIGKILL");
    await eventually("the supervisor is back", () => lives("supervisor", supervisor), 20_000);
    await eventually("all of it runs", () => assert.equal(cluster.spoke("status").code, 0), 30_000);
  });
});
