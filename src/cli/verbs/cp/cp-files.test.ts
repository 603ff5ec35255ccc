import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { create, Header } from "tar";
import { CopiedFiles } from "./cp-files.ts";

function place(t: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "cp-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function copy(archive: Buffer, cwd: string, prefix = "tmp/dir"): Promise<string[]> {
  const warnings: string[] = [];
  const files = new CopiedFiles({ to: "back", cwd, prefix, advice: "kubectl exec", warn: (text) => void warnings.push(text) });
  const stream = new PassThrough();
  stream.end(archive);
  await files.read(stream);
  await files.end();
  return warnings;
}

/** An archive with members that no tar would write. */
function archiveOf(...members: { path: string; type?: string; linkpath?: string; mode?: number; body?: string }[]): Buffer {
  const blocks = members.flatMap(({ path, type = "File", linkpath, mode = 0o644, body = "" }) => {
    const header = new Header({ path, type: type as "File", mode, size: body.length, ...(linkpath === undefined ? {} : { linkpath }) });
    const block = Buffer.alloc(512);
    header.encode(block);
    const content = Buffer.alloc(Math.ceil(body.length / 512) * 512);
    content.write(body);
    return [block, content];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test("cp makes files with the caller's mode and leaves links out with upstream's warning", async (t) => {
  const cwd = place(t);
  const folder = join(cwd, "in/tmp/dir");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "a"), "x".repeat(100_000));
  chmodSync(join(folder, "a"), 0o4777);
  symlinkSync("/etc/passwd", join(folder, "abs"));
  symlinkSync("a", join(folder, "ln"));
  const archive = Buffer.concat(await Array.fromAsync(create({ cwd: join(cwd, "in") }, ["tmp/dir"]) as AsyncIterable<Buffer>));
  const warnings = await copy(archive, cwd);
  assert.deepEqual(warnings.toSorted(), [
    'skipping symlink: "back/abs" -> "/etc/passwd" (consider using "kubectl exec")',
    'skipping symlink: "back/ln" -> "a"',
  ]);
  assert.equal(readFileSync(join(cwd, "back/a"), "utf8").length, 100_000);
  assert.equal(statSync(join(cwd, "back/a")).mode & 0o7777, 0o666 & ~process.umask());
  assert.ok(!existsSync(join(cwd, "back/ln")));
});

test("cp ends with an error at a member that is not below the path that was asked for", async (t) => {
  const cwd = place(t);
  await assert.rejects(copy(archiveOf({ path: "tmp/dir/a", body: "1" }, { path: "/abs/path", body: "2" }), cwd), {
    message: "tar contents corrupted",
  });
});

test("cp skips a member that leaves the target", async (t) => {
  const cwd = place(t);
  const warnings = await copy(archiveOf({ path: "tmp/dir/../../../evil", body: "1" }), cwd);
  assert.deepEqual(warnings, ['file "../../evil" is outside target destination, skipping']);
});
