import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Volume } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { expand } from "../pod/env.ts";
import { aPod } from "../testing/fake-api.ts";
import { setUp } from "../testing/volumes.ts";
import { FileWork } from "./file-work.ts";
import { MountError, type MountsInput, mountsOf } from "./mounts.ts";
import { inside, SubPathError } from "./sub-path.ts";
import { VolumeError } from "./volumes.ts";

const isRoot = process.getuid?.() === 0;

const read = (path: string, name: string) => readFileSync(join(path, name), "utf8");
const modeOf = (path: string) => statSync(path).mode & 0o7777;
const fails = (work: Promise<unknown>, message: string) =>
  assert.rejects(work, { name: "VolumeError", message: `MountVolume.SetUp failed for volume "v" : ${message}` });

test("configMap: keys are files, on disk and read-only; a change is one step for a reader", async (t) => {
  const { maps, ensure, folder } = setUp(t);
  const { path, readOnly } = await ensure({ configMap: { name: "cm" } });
  assert.ok(readOnly && path.startsWith(join(folder, "pods")));
  assert.deepEqual([read(path, "a"), read(path, "b"), readFileSync(join(path, "c"))], ["1", "2", Buffer.from([255])]);
  assert.equal(modeOf(join(path, "a")), 0o644);
  const before = readlinkSync(join(path, "..data"));
  await ensure({ configMap: { name: "cm" } });
  assert.equal(readlinkSync(join(path, "..data")), before, "what is right is left alone");
  maps.set("cm", { ...maps.get("cm")!, data: { a: "new" }, binaryData: {} });
  await ensure({ configMap: { name: "cm" } });
  assert.deepEqual(
    [read(path, "a"), readdirSync(path).filter((name) => !name.startsWith("..")), existsSync(join(path, before))],
    ["new", ["a"], false],
  );
});

test("items choose keys, paths and modes", async (t) => {
  const { ensure } = setUp(t);
  const { path } = await ensure({ configMap: { name: "cm", items: [{ key: "a", path: "dir/x", mode: 0o600 }], defaultMode: 0o400 } });
  assert.deepEqual([read(path, "dir/x"), modeOf(join(path, "dir/x"))], ["1", 0o600]);
});

test("what is not there is told with upstream's sentence, and optional is nothing", async (t) => {
  const { ensure } = setUp(t);
  await fails(ensure({ configMap: { name: "gone" } }), 'configmap "gone" not found');
  await fails(ensure({ secret: { secretName: "gone" } }), 'secret "gone" not found');
  await fails(ensure({ configMap: { name: "cm", items: [{ key: "x", path: "x" }] } }), "configmap references non-existent config key: x");
  await fails(ensure({ secret: { secretName: "s", items: [{ key: "x", path: "x" }] } }), "references non-existent secret key: x");
  await fails(
    ensure({ configMap: { name: "cm", items: [{ key: "a", path: "../x" }] } }),
    'invalid path "../x": must be relative and stay inside the volume',
  );
  const { path } = await ensure({ configMap: { name: "gone", optional: true } });
  assert.deepEqual(
    readdirSync(path).filter((name) => !name.startsWith("..")),
    [],
  );
  await ensure({ secret: { secretName: "s", optional: true, items: [{ key: "x", path: "x" }] } });
});

test("secret, projected and downward API lie in memory and are read-only", async (t) => {
  const { ensure, folder } = setUp(t);
  const sources = [
    { secret: { name: "s" } },
    { configMap: { name: "cm", items: [{ key: "a", path: "a" }] } },
    { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
    { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
  ];
  const items = [
    { path: "cpu", resourceFieldRef: { containerName: "main", resource: "limits.cpu" } },
    { path: "ip", fieldRef: { fieldPath: "status.podIP" } },
  ];
  const all = [
    await ensure({ secret: { secretName: "s" } }),
    await ensure({ projected: { sources } }),
    await ensure({ downwardAPI: { items } }),
  ];
  for (const { path, readOnly } of all) assert.ok(readOnly && path.startsWith(join(folder, "memory")), path);
  assert.equal(read(all[0]!.path, "k"), "v");
  assert.deepEqual(
    ["k", "a", "name"].map((name) => read(all[1]!.path, name)),
    ["v", "1", "p"],
  );
  assert.match(read(all[1]!.path, "token"), /^token-/);
  assert.deepEqual([read(all[2]!.path, "cpu"), read(all[2]!.path, "ip")], ["2", "10.0.0.2"]);
});

test("a token is fetched once, and anew when most of its time has passed", async (t) => {
  const { ensure, clock, volumes } = setUp(t);
  const volume = { projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }] } };
  const { path } = await ensure(volume);
  const first = read(path, "t");
  assert.equal(volumes.refreshAt("uid-p"), clock.now() + 48 * 60_000);
  await ensure(volume);
  assert.equal(read(path, "t"), first);
  await clock.advance(49 * 60_000);
  await ensure(volume);
  assert.notEqual(read(path, "t"), first);
});

test("a token is for one user or one group alone where the pod names one", { skip: !isRoot }, async (t) => {
  const { ensure } = setUp(t);
  const volume = { projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }] } };
  const own = await ensure(volume, { securityContext: { runAsUser: 7 } });
  assert.deepEqual([modeOf(join(own.path, "t")), statSync(join(own.path, "t")).uid], [0o600, 7]);
  const group = await ensure(volume, { securityContext: { fsGroup: 8 } });
  assert.deepEqual([modeOf(join(group.path, "t")), statSync(join(group.path, "t")).gid], [0o640, 8]);
});

test("fsGroup: mirrored files belong to it and it may read them", { skip: !isRoot }, async (t) => {
  const { ensure } = setUp(t);
  const { path } = await ensure({ secret: { secretName: "s", defaultMode: 0o400 } }, { securityContext: { fsGroup: 8 } });
  assert.deepEqual([modeOf(join(path, "k")), statSync(join(path, "k")).gid], [0o440, 8]);
});

test("emptyDir: made once, then it is the pod's; in memory with its size", async (t) => {
  const { ensure, tmpfs, volumes, folder } = setUp(t);
  const { path, readOnly } = await ensure({ emptyDir: {} });
  assert.deepEqual([readOnly, modeOf(path)], [false, 0o777]);
  writeFileSync(join(path, "x"), "");
  await ensure({ emptyDir: {} });
  assert.ok(existsSync(join(path, "x")));
  assert.deepEqual(
    [
      ...volumes
        .ownFolders(
          aPod({
            spec: {
              volumes: [
                { name: "v", emptyDir: {} },
                { name: "w", hostPath: { path: "/" } },
              ],
            },
          }),
        )
        .values(),
    ],
    [path],
  );
  await volumes.remove("uid-p");
  assert.ok(!existsSync(join(folder, "pods", "uid-p")));
  const memory = await ensure({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } });
  assert.deepEqual(tmpfs, [{ path: memory.path, sizeBytes: 1024 ** 2 }]);
  await fails(ensure({ emptyDir: { medium: "HugePages" } }), 'unknown storage medium "HugePages": this node has no huge pages to mount');
});

test("hostPath: types are checked, and made where they say so", async (t) => {
  const { ensure, folder } = setUp(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at("file"), "");
  const socket = createServer().listen(at("socket"));
  await new Promise((resolve) => socket.once("listening", resolve));
  t.after(() => socket.close());
  const path = (name: string, type: string) => ensure({ hostPath: { path: at(name), type } });
  for (const [name, type] of [
    ["new", ""],
    ["made", "DirectoryOrCreate"],
    ["made", "Directory"],
    ["sub/f", "FileOrCreate"],
    ["file", "File"],
    ["socket", "Socket"],
  ] as const)
    assert.equal((await path(name, type)).path, at(name));
  assert.ok(statSync(at("sub/f")).isFile() && statSync(at("made")).isDirectory());
  for (const [type, what] of [
    ["Directory", "directory"],
    ["DirectoryOrCreate", "directory"],
    ["Socket", "socket file"],
    ["CharDevice", "character device"],
    ["BlockDevice", "block device"],
  ] as const)
    await fails(path("file", type), `hostPath type check failed: ${at("file")} is not a ${what}`);
  await fails(path("gone", "File"), `hostPath type check failed: ${at("gone")} is not a file`);
  await fails(path("file", "Odd"), "Odd is an invalid volume type");
  assert.equal((await ensure({ hostPath: { path: "/node/made", type: "Directory" } })).path, at("made"), "the node's own folder");
});

test("subPath never leads out of its volume", async (t) => {
  const { folder } = setUp(t);
  const root = join(folder, "v");
  mkdirSync(join(root, "a"), { recursive: true });
  symlinkSync("/etc", join(root, "out"));
  symlinkSync("a", join(root, "in"));
  assert.equal(await inside(root, "a"), join(root, "a"));
  assert.equal(await inside(root, "in"), join(root, "a"));
  assert.equal(await inside(root, "new/deep"), join(root, "new/deep"));
  assert.ok(statSync(join(root, "new/deep")).isDirectory());
  for (const path of ["out", "out/new", "../x", "/etc"]) await assert.rejects(inside(root, path), SubPathError, path);
});

test("mounts: read-only by the volume or the mount, propagation, recursion as asked", async (t) => {
  const { folder } = setUp(t);
  const input: MountsInput = {
    volumes: new Map([
      ["api", { path: folder, readOnly: true, block: false, relabel: false }],
      ["own", { path: folder, readOnly: false, block: false, relabel: true }],
    ]),
    variable: (name) => (name === "P" ? "sub" : undefined),
    expand,
    recursiveReadOnly: false,
    selinux: false,
  };
  const mounts = (mount: object, given: Partial<MountsInput> = {}) =>
    mountsOf({ name: "c", volumeMounts: [{ name: "own", mountPath: "/m", ...mount }] } as never, { ...input, ...given });
  const [api] = await mounts({ name: "api", subPath: "sub" });
  assert.deepEqual([api!.readonly, api!.hostPath, api!.propagation], [true, join(folder, "sub"), 0]);
  const [own] = await mounts({ mountPath: "m", subPathExpr: "$(P)", mountPropagation: "Bidirectional" });
  assert.deepEqual([own!.readonly, own!.containerPath, own!.hostPath, own!.propagation], [false, "/m", join(folder, "sub"), 2]);
  await assert.rejects(mounts({ subPathExpr: "$(X)" }), new SubPathError('missing value for "X"'));
  await assert.rejects(mounts({ name: "gone" }), VolumeError);
  const enabled = { readOnly: true, recursiveReadOnly: "Enabled" };
  const why = 'failed to resolve recursive read-only mode: volume "own" requested recursive read-only mode, but it is ';
  await assert.rejects(mounts(enabled), new MountError(`${why}not supported by the runtime`));
  await assert.rejects(mounts({ recursiveReadOnly: "Enabled" }), new MountError(`${why}not read-only`));
  await assert.rejects(
    mounts({ ...enabled, mountPropagation: "HostToContainer" }),
    new MountError(`${why}not compatible with propagation "HostToContainer"`),
  );
  assert.equal((await mounts({ readOnly: true, recursiveReadOnly: "IfPossible" }))[0]!.recursiveReadOnly, false);
  assert.equal((await mounts(enabled, { recursiveReadOnly: true }))[0]!.recursiveReadOnly, true);
  const labels = async (name: string, selinux: boolean) => (await mounts({ name }, { selinux }))[0]!.selinuxRelabel;
  assert.deepEqual([await labels("own", false), await labels("own", true), await labels("api", true)], [undefined, true, undefined]);
});

test("with SELinux files of the kubelet's own volumes may be labelled, those of the node and of servers not", async (t) => {
  const { folder, ensure, bound } = setUp(t);
  const relabels = async (volume: Volume, uid = "uid-p") => (await ensure(volume, {}, uid)).relabel;
  for (const volume of [{ emptyDir: {} }, { secret: { secretName: "s" } }, { configMap: { name: "cm" } }, { projected: { sources: [] } }])
    assert.equal(await relabels(volume), true, JSON.stringify(volume));
  for (const volume of [{ hostPath: { path: folder } }, { nfs: { server: "s", path: "/" } }])
    assert.equal(await relabels(volume), false, JSON.stringify(volume));
  const local = bound("data", { local: { path: folder } });
  assert.equal(await relabels(local), true);
  const { persistentVolumeClaim } = local;
  assert.equal(await relabels({ persistentVolumeClaim: { ...persistentVolumeClaim!, readOnly: true } }, "other"), false);
});

test("file work that hangs is told of, keeps its seat, and never keeps the others from theirs", async () => {
  const clock = new VirtualClock();
  const work = new FileWork({ clock, seats: 2, timeoutMs: 1000, mostWaiting: 2 });
  let release = () => {};
  const hung = work.run("mount /dead", () => new Promise<void>((resolve) => (release = resolve)));
  const refused = assert.rejects(hung, { message: "mount /dead: no answer within 1 s: does its file system hang?" });
  await clock.advance(1500);
  await refused;
  assert.equal(await work.run("fine", async () => 1), 1);
  const second = work.run("mount /dead2", () => new Promise<void>(() => {})).catch(() => "late");
  const third = work.run("waits", async () => "ran");
  const fourth = work.run("waits too", async () => "ran").catch(() => "late");
  await assert.rejects(
    work.run("too many", async () => 1),
    /2 other pieces of file work wait already/,
  );
  release();
  assert.equal(await third, "ran");
  assert.equal(await fourth, "ran");
  await clock.advance(1500);
  assert.equal(await second, "late");
});
