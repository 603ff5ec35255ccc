import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { backoffMs, systemClock } from "#base/mod.ts";
import { identify, readPidFile } from "#linux/mod.ts";
import { keeperFile } from "./processes.ts";
import { failuresAfter } from "./supervisor.ts";

test("a process that did its work starts again at once, one that never does waits longer each time", () => {
  let failures = 0;
  const waits: number[] = [];
  for (let life = 0; life < 10; life++) {
    failures = failuresAfter(failures, { livedMs: 300, answered: false });
    waits.push(backoffMs(failures, { baseMs: 50, maxMs: 10_000 }));
  }
  assert.deepEqual(waits, [50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  assert.equal(failuresAfter(failures, { livedMs: 1500, answered: true }), 0, "killed from outside, however often");
  assert.equal(failuresAfter(failures, { livedMs: 11_000, answered: false }), 0);
});

test("the keeper starts what is gone, leaves alone what lives, and ends when it is meant to be gone", { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-keeper-"));
  const [pidFile, stopped, started] = ["supervisor.pid", "stopped", "started"].map((name) => join(folder, name));
  writeFileSync(pidFile, JSON.stringify(identify(process.pid)));
  const keeper = spawn("bash", [keeperFile, join(folder, "keeper.pid"), pidFile, stopped, join(folder, "beat"), "touch", started], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [keeper.stdout, keeper.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise<number | null>((resolve) => keeper.once("exit", resolve));
  await systemClock.sleep(1500);
  assert.ok(!existsSync(started), "the process lives");
  for (const gone of [() => writeFileSync(pidFile, JSON.stringify({ ...identify(process.pid), startTick: 1 })), () => rmSync(pidFile)]) {
    gone();
    for (let waits = 0; !existsSync(started) && waits < 100; waits++) await systemClock.sleep(50);
    assert.ok(existsSync(started), "started again");
    rmSync(started);
  }
  assert.deepEqual(readPidFile(join(folder, "keeper.pid")), identify(keeper.pid!), "it says who it is");
  writeFileSync(stopped, "");
  assert.equal(await ended, 0);
  assert.match(said, /^(the supervisor is gone: starting it again\n)+$/);
  rmSync(folder, { recursive: true });
});

test("the keeper ends at once when it is told to", { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-keeper-"));
  const files = ["keeper.pid", "supervisor.pid", "stopped", "beat"].map((name) => join(folder, name));
  const keeper = spawn("bash", [keeperFile, ...files, "false"], { stdio: "ignore" }); // never succeeds: its looks are far apart
  await systemClock.sleep(2500);
  const since = systemClock.monotonic();
  keeper.kill("SIGTERM");
  assert.equal(await new Promise((resolve) => keeper.once("exit", resolve)), 0, "which systemd does not take for a failure");
  assert.ok(systemClock.monotonic() - since < 1500);
  rmSync(folder, { recursive: true });
});

test("as a service the keeper says when all is ready and that it goes on, and ends a supervisor that hangs", {
  timeout: 30_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-keeper-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [own, pidFile, stopped, beat, told] = ["keeper.pid", "supervisor.pid", "stopped", "beat", "told"].map((name) => join(folder, name));
  const supervisor = spawn("sleep", ["60"], { stdio: "ignore", env: {} });
  const ended = new Promise((resolve) => supervisor.once("exit", (_, signal) => resolve(signal)));
  writeFileSync(pidFile!, JSON.stringify(identify(supervisor.pid!)));
  // In the place of systemd's: what it is called with, and whether it knows the socket.
  writeFileSync(join(folder, "systemd-notify"), `#!/bin/bash\nprintf '%s|' "$NOTIFY_SOCKET" "$@" >>${told}; echo >>${told}\n`, {
    mode: 0o755,
  });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, NOTIFY_SOCKET: "/s", WATCHDOG_USEC: "1", SPOKE_MOST_SILENT: "3" };
  const revive = ["sh", "-c", `echo "\${NOTIFY_SOCKET-unknown} \${WATCHDOG_USEC-unknown}" >>${join(folder, "revived")}`];
  const keeper = spawn("bash", [keeperFile, own!, pidFile!, stopped!, beat!, ...revive], { stdio: "ignore", env });
  const seen = async (file: string, pattern: RegExp) => {
    for (let looks = 0; looks < 200; looks++) {
      if (existsSync(file) && pattern.test(readFileSync(file, "utf8"))) return;
      await systemClock.sleep(50);
    }
    assert.fail(`${pattern} is not in ${file}: ${existsSync(file) ? readFileSync(file, "utf8") : "it is not there"}`);
  };
  writeFileSync(beat!, "7.1 starting waiting for node-1-agent\n");
  await seen(told!, /^\/s\|WATCHDOG=1\|STATUS=waiting for node-1-agent\|$/m);
  assert.doesNotMatch(readFileSync(told!, "utf8"), /ready/);
  writeFileSync(beat!, "7.2 ready all processes answer\n");
  await seen(told!, /^\/s\|--ready\|--status=all processes answer\|$/m);
  assert.equal(await ended, "SIGKILL", "no beat any more");
  await seen(join(folder, "revived"), /^unknown unknown$/m);
  assert.equal(readFileSync(beat!, "utf8"), "", "its last words are not taken for those of the next one");
  writeFileSync(stopped!, "");
  assert.equal(await new Promise((resolve) => keeper.once("exit", resolve)), 0);
});
