import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { FileWork } from "../volumes/file-work.ts";
import { linkName } from "./layout.ts";
import { LogLinks, planLinks } from "./links.ts";
import { streamLog } from "./log-stream.ts";
import { planRotation, rotateOnce } from "./rotation.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "logs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const aContainer = (id: string, more: Partial<SeenContainer> = {}): SeenContainer =>
  ({ id, name: "main", restartCount: 0, state: "running", ...more }) as SeenContainer;
const seenPod = (...containers: SeenContainer[]): SeenPod => ({
  uid: "u",
  name: "p",
  namespace: "default",
  sandboxes: [],
  containers,
  fingerprint: "",
});
const line = (text: string) => `2026-01-01T00:00:00.000000000Z stdout F ${text}\n`;

test("a link names pod, namespace, container and its id, in 255 bytes at most", () => {
  assert.equal(linkName(seenPod(), aContainer("c1")), "p_default_main-c1.log");
  const long = linkName({ ...seenPod(), name: "n".repeat(253) }, aContainer("c1"));
  assert.equal(long, `${"n".repeat(251).slice(0, 251)}.log`);
});

test("links follow the containers that the runtime has", async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, "note.txt"), "");
  writeFileSync(join(folder, "old_default_main-c0.log"), "");
  const links = new LogLinks({ folder, files: new FileWork({ clock: new VirtualClock(), seats: 2 }), log: silentLog });
  const settled = async (names: string[]) => {
    for (let tries = 0; tries < 400 && readdirSync(folder).sort().join() !== names.join(); tries++) await systemClock.sleep(5);
    assert.deepEqual(readdirSync(folder).sort(), names);
  };
  let seen = [seenPod(aContainer("c1"), aContainer("c2", { restartCount: 3, state: "exited" }))];
  links.update(() => seen);
  await settled(["note.txt", "p_default_main-c1.log", "p_default_main-c2.log"]);
  assert.equal(readlinkSync(join(folder, "p_default_main-c2.log")), "/var/log/pods/default_p_u/main/3.log");
  seen = [];
  links.update(() => seen);
  await settled(["note.txt"]);
});

test("links: what is right is left alone", () => {
  assert.deepEqual(planLinks([seenPod(aContainer("c1"))], new Set(["p_default_main-c1.log"])), { make: [], remove: [] });
});

test("rotation: the log is set aside, what was aside is compressed, what is too old or unfinished goes", () => {
  const limits = { maxBytes: 1, maxFiles: 4 };
  const plan = (...names: string[]) => planRotation("0.log", names, limits, "S").map((step) => `${step.do} ${step.name}`);
  assert.deepEqual(plan("0.log"), ["set-aside 0.log"]);
  assert.deepEqual(plan("0.log", "0.log.1", "1.log", "1.log.0"), ["compress 0.log.1", "set-aside 0.log"]);
  assert.deepEqual(plan("0.log", "0.log.1.gz", "0.log.2.gz", "0.log.3"), ["remove 0.log.1.gz", "compress 0.log.3", "set-aside 0.log"]);
  assert.deepEqual(plan("0.log", "0.log.1", "0.log.1.gz", "0.log.2.tmp"), ["remove 0.log.1", "remove 0.log.2.tmp", "set-aside 0.log"]);
  assert.deepEqual(planRotation("0.log", ["0.log"], limits, "20260101-000000").at(-1), {
    do: "set-aside",
    name: "0.log",
    as: "0.log.20260101-000000",
  });
});

test("rotation on disk: only running containers, only what is too large; the runtime that cannot go on keeps its file", async (t) => {
  const podLogs = folderFor(t);
  const folder = join(podLogs, "default_p_u", "main");
  mkdirSync(folder, { recursive: true });
  const names = () => readdirSync(folder).sort();
  const clock = new VirtualClock();
  const reopened: string[] = [];
  let fails = false;
  let container = aContainer("c1");
  const round = () =>
    rotateOnce({
      runtime: {
        reopenLog: async (id) => {
          if (fails) throw new Error("no");
          reopened.push(id);
          writeFileSync(join(folder, "0.log"), "");
        },
      },
      podLogs,
      seen: () => [seenPod(container)],
      files: new FileWork({ clock: systemClock, seats: 2 }),
      limits: { maxBytes: 10, maxFiles: 3 },
      clock,
      log: silentLog,
    });
  writeFileSync(join(folder, "0.log"), "short");
  await round();
  assert.deepEqual([names(), reopened], [["0.log"], []]);
  writeFileSync(join(folder, "0.log"), "first, long enough");
  container = aContainer("c1", { state: "exited" });
  await round();
  assert.deepEqual(names(), ["0.log"], "one that has ended is left alone");
  container = aContainer("c1");
  fails = true;
  await round();
  assert.equal(readFileSync(join(folder, "0.log"), "utf8"), "first, long enough");
  fails = false;
  const aside: string[] = [];
  for (const text of ["first, long enough", "second, long enough", "third, long enough"]) {
    writeFileSync(join(folder, "0.log"), text);
    aside.push(`0.log.${new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}`);
    await round();
    await clock.advance(10_000);
  }
  assert.deepEqual(names(), ["0.log", `${aside[1]}.gz`, aside[2]]);
  assert.equal(gunzipSync(readFileSync(join(folder, `${aside[1]}.gz`))).toString(), "second, long enough");
  assert.equal(reopened.length, 3);
});

test("a reader who follows goes on in the new file, and misses nothing of the old one", { timeout: 20_000 }, async (t) => {
  const folder = folderFor(t);
  const path = join(folder, "0.log");
  writeFileSync(path, line("one"));
  let running = true;
  const out = new PassThrough();
  const plain = { timestamps: false, tailLines: undefined, limitBytes: undefined, sinceMs: undefined, stream: undefined };
  const done = streamLog({ ...plain, path, out, follow: true, isRunning: () => running, clock: systemClock });
  const text = async (length: number) => {
    for (;;) {
      const chunk = out.read(length);
      if (chunk) return String(chunk);
      await systemClock.sleep(5);
    }
  };
  t.after(() => out.destroy());
  assert.equal(await text(4), "one\n");
  renameSync(path, `${path}.aside`);
  appendFileSync(`${path}.aside`, line("two"));
  writeFileSync(path, line("three"));
  assert.equal(await text(10), "two\nthree\n");
  renameSync(path, `${path}.aside2`);
  writeFileSync(path, line("four"));
  running = false;
  await done;
  assert.equal(await text(5), "four\n");
});
