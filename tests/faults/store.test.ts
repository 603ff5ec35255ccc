/** The store on a disk that fails: full, with I/O errors, and with its process killed. Needs root, loop devices and strace. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { createSqliteStore, only, type Store, type StoreError } from "#store/mod.ts";

const writer = join(import.meta.dirname, "writer.ts");
const isRoot = process.getuid?.() === 0;
const has = (tool: string) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
const noLoop = isRoot && has("mkfs.ext4") ? false : "needs root and mkfs.ext4";
const noStrace = has("strace") ? false : "needs strace";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "spoke-faults-"));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A small ext4 of its own. */
async function onDisk(megabytes: number, run: (mounted: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const [image, mounted] = [join(folder, "image"), join(folder, "disk")];
    writeFileSync(image, "");
    truncateSync(image, megabytes * 1024 * 1024);
    mkdirSync(mounted);
    execFileSync("mkfs.ext4", ["-q", "-m", "0", image]);
    execFileSync("mount", ["-o", "loop", image, mounted]);
    try {
      await run(mounted);
    } finally {
      execFileSync("umount", [mounted]);
    }
  });
}

function fill(folder: string): () => void {
  const filler = join(folder, "filler");
  spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { stdio: "ignore" });
  return () => rmSync(filler);
}

const value = Buffer.alloc(4000, "v");
const put = (store: Store, key: string) => store.commit(key, "absent", value);

test(
  "full disk: deletes are written, writes are refused, service is back within seconds of space",
  { skip: noLoop, timeout: 120_000 },
  () =>
    onDisk(64, async (disk) => {
      const file = join(disk, "state.db");
      let store = await createSqliteStore({ file });
      for (let i = 0; i < 300; i++) await put(store, `/k/${i}`);
      assert.equal(existsSync(`${file}.reserve`), true);
      const free = fill(disk);
      const refusals: StoreError[] = [];
      for (let i = 0; i < 3000 && refusals.length < 3; i++) await put(store, `/more/${i}`).catch((error) => refusals.push(error));
      assert.deepEqual(
        refusals.map(({ kind }) => kind),
        ["full", "full", "full"],
      );
      assert.equal(store.problem()?.kind, "full");
      for (let i = 0; i < 300; i++) {
        const [entry] = (await store.list(only(`/k/${i}`))).entries;
        assert.equal((await store.commit(`/k/${i}`, entry!.modRevision, "delete")).ok, true, `delete ${i}`);
      }
      await store.compact(await store.current());
      // Started again on the full disk, it opens.
      await store.close();
      store = await createSqliteStore({ file });
      assert.equal((await store.list({ from: "/k/", to: "/k0" })).entries.length, 0);
      free();
      const end = systemClock.monotonic() + 5000;
      while (store.problem() && systemClock.monotonic() < end) await systemClock.sleep(100);
      assert.equal(store.problem(), undefined);
      assert.equal((await put(store, "/again")).ok, true);
      assert.equal(existsSync(`${file}.reserve`), true);
      await store.close();
    }),
);

interface Ran {
  acknowledged: { key: string; revision: number }[];
  failed: string | undefined;
  code: number | null;
}

function ranAs(output: string, code: number | null): Ran {
  const lines = output.split("\n");
  const acknowledged = lines
    .map((line) => /^acknowledged (\S+) (\d+)$/.exec(line))
    .flatMap((match) => (match ? { key: match[1]!, revision: Number(match[2]) } : []));
  return { acknowledged, failed: lines.find((line) => line.startsWith("failed ")), code };
}

async function allThere(file: string, { acknowledged }: Ran): Promise<void> {
  const store = await createSqliteStore({ file });
  const { entries } = await store.list({ from: "/w/", to: "/w0" });
  const byKey = new Map(entries.map(({ key, modRevision }) => [key, modRevision]));
  for (const { key, revision } of acknowledged) assert.equal(byKey.get(key), revision, `${key} was acknowledged and is gone`);
  const result = await store.commit("/after", "absent", value);
  assert.ok(result.ok && acknowledged.every(({ revision }) => revision < result.revision), "a revision was used twice");
  await store.commit("/after", result.revision, "delete");
  await store.close();
}

test(
  "an I/O error at a sync: nothing is acknowledged after it, the process says so and ends, nothing is lost",
  { skip: noStrace, timeout: 300_000 },
  () =>
    inFolder(async (folder) => {
      for (const nth of [4, 12, 20, 28, 50, 90]) {
        const file = join(folder, `state-${nth}.db`);
        const inject = `inject=fsync,fdatasync:error=EIO:when=${nth}+`;
        const strace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject, process.execPath, writer, file];
        const { stdout, status } = spawnSync("strace", strace, { encoding: "utf8", timeout: 60_000 });
        const ran = ranAs(stdout, status);
        assert.notEqual(ran.code, 0, `at sync ${nth}`);
        // The first syncs belong to the opening of the file, which fails then.
        if (ran.acknowledged.length > 0) {
          assert.match(ran.failed ?? "", /^failed the store is read-only because an earlier write to its journal failed: disk I\/O error/);
          assert.equal(ran.code, 74);
        }
        assert.ok(ran.acknowledged.length < 4000);
        await allThere(file, ran);
      }
    }),
);

test("killed at any moment, the process loses nothing that it acknowledged", { timeout: 300_000 }, () =>
  inFolder(async (folder) => {
    const file = join(folder, "state.db");
    for (let kill = 0; kill < 15; kill++) {
      const child = spawn(process.execPath, [writer, file, "100000"], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      while (!output) await systemClock.sleep(10);
      await systemClock.sleep(20 + kill * 37);
      child.kill("SIGKILL");
      await ended;
      // The last line may be cut.
      const ran = ranAs(output.slice(0, output.lastIndexOf("\n") + 1), null);
      assert.ok(ran.acknowledged.length > 0);
      await allThere(file, ran);
    }
  }),
);

test("history that is forgotten gives its space back", { timeout: 120_000 }, () =>
  inFolder(async (folder) => {
    const file = join(folder, "state.db");
    const store = await createSqliteStore({ file });
    const revisions = new Map<string, number>();
    for (let round = 0; round < 40; round++)
      await Promise.all(
        Array.from({ length: 500 }, async (_, i) => {
          const key = `/k/${i}`;
          const result = await store.commit(key, revisions.get(key) ?? "absent", value);
          assert.ok(result.ok);
          revisions.set(key, result.revision);
        }),
      );
    const live = 500 * value.length;
    const sizeOf = (name: string) => (existsSync(name) ? statSync(name).size : 0);
    assert.ok(sizeOf(file) + sizeOf(`${file}-wal`) > 20 * live);
    await store.compact(await store.current());
    assert.ok(sizeOf(file) + sizeOf(`${file}-wal`) < 2 * live, `${sizeOf(file)} and ${sizeOf(`${file}-wal`)} bytes for ${live}`);
    assert.equal((await store.list({ from: "/k/", to: "/k0" })).entries.length, 500);
    await store.close();
  }),
);
