/** Where images of tests come from: a registry with a password, and a push as any client makes it. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArchive } from "../../src/distro/images/archive.ts";

/** Serves one image, busybox and a stamp in one layer, with the tag `1`, to who knows the password. */
export async function startRegistry(
  host: string,
  { name, password, stamp }: { name: string; password: string; stamp: string },
): Promise<{ url: string; folder: string; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "spoke-registry-"));
  const archive = join(folder, "image.tar");
  writeArchive(archive, {
    names: [`registry.test/${name}:1`],
    layers: [
      [
        { path: "bin/busybox", from: "/bin/busybox", mode: 0o755 },
        { path: "stamp", text: stamp },
      ],
    ],
    annotations: {},
  });
  const unpacked = spawnSync("tar", ["-xf", archive, "-C", folder], { encoding: "utf8" });
  assert.equal(unpacked.status, 0, unpacked.stderr);
  const child = spawn(process.execPath, [join(import.meta.dirname, "registry.ts"), host, name, folder, password], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return {
    url: String(line).trim(),
    folder,
    close() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Pushes an image of busybox alone, as any client would. */
export async function push(folder: string, url: string, reference: string): Promise<void> {
  const archive = join(folder, "image.tar");
  writeArchive(archive, { names: [reference], layers: [[{ path: "bin/busybox", from: "/bin/busybox", mode: 0o755 }]], annotations: {} });
  assert.equal(spawnSync("tar", ["-xf", archive, "-C", folder]).status, 0);
  const blob = (digest: string) => readFileSync(join(folder, "blobs", digest.replace(":", "/")));
  const [{ digest, mediaType }] = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")).manifests;
  const manifest = JSON.parse(String(blob(digest)));
  const [name, tag] = reference.split(":");
  const send = async (method: string, path: string, digest: string, type: string) => {
    const { status } = await fetch(`${url}/v2/${name}/${path}`, { method, body: blob(digest), headers: { "content-type": type } });
    assert.equal(status, 201);
  };
  for (const each of [manifest.config, ...manifest.layers])
    await send("POST", `blobs/uploads/?digest=${each.digest}`, each.digest, "application/octet-stream");
  await send("PUT", `manifests/${tag}`, digest, mediaType);
}
