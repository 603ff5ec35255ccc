import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ConfigMap, type Pod, persistentvolumeclaims, persistentvolumes, type Secret, type Volume } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { expand } from "../pod/env.ts";
import { aPod, fakeApi } from "../testing/fake-api.ts";
import { FileWork } from "./file-work.ts";
import { MountError, type MountsInput, mountsOf } from "./mounts.ts";
import { inside, SubPathError } from "./sub-path.ts";
import { PodVolumes, VolumeError } from "./volumes.ts";

const isRoot = process.getuid?.() === 0;

function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "volumes-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const api = fakeApi();
  const clock = new VirtualClock();
  const maps = new Map<string, ConfigMap>([
    ["cm", { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { a: "1", b: "2" }, binaryData: { c: "/w==" } }],
  ]);
  const secrets = new Map<string, Secret>([["s", { apiVersion: "v1", kind: "Secret", metadata: {}, data: { k: "dg==" } }]]);
  const tmpfs: { path: string; sizeBytes: number | undefined }[] = [];
  const files = new FileWork({ clock, seats: 4 });
  const volumes = new PodVolumes({
    client: api.client,
    clock,
    objects: { configMap: (_, name) => maps.get(name), secret: (_, name) => secrets.get(name) },
    root: join(folder, "pods"),
    memoryRoot: join(folder, "memory"),
    hostIp: "10.0.0.1",
    allocatable: () => ({ cpu: "2" }),
    own: files,
    foreign: files,
    mountTmpfs: async (path, sizeBytes) => void tmpfs.push({ path, sizeBytes }),
    unmountUnder: async () => {},
  });
  const ensure = (volume: Volume, spec: Partial<NonNullable<Pod["spec"]>> = {}) =>
    volumes.ensure(aPod({ spec: { ...spec, volumes: [{ name: "v", ...volume }] } }), "10.0.0.2").then((all) => all.get("v")!);
  return { folder, api, clock, maps, secrets, tmpfs, volumes, ensure };
}

const read = (path: string, name: string) => readFileSync(join(path, name), "utf8");
const modeOf = (path: string) => statSync(path).mode & 0o7777;
const fails = (work: Promise<unknown>, message: string) =>
  assert.rejects(
    work,
    (error: Error) => error instanceof VolumeError && error.message === `MountVolume.SetUp failed for volume "v" : ${message}`,
  );

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
});

test("claims are followed to their volume; what cannot be is told", async (t) => {
  const { ensure, api, folder } = setUp(t);
  const claim = (name: string, fields: object = {}, owner: object = {}) =>
    api.put(persistentvolumeclaims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace: "default", uid: `uid-${name}`, ...owner },
      spec: { volumeName: `pv-${name}`, ...fields },
      status: { phase: "Bound" },
    });
  const volume = (name: string, spec: object) =>
    api.put(persistentvolumes, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `pv-${name}` },
      spec: { claimRef: { uid: `uid-${name}` }, ...spec },
    });
  mkdirSync(join(folder, "disk"));
  claim("local");
  volume("local", { capacity: { storage: "1Gi" }, local: { path: join(folder, "disk") } });
  assert.deepEqual(await ensure({ persistentVolumeClaim: { claimName: "local", readOnly: true } }), {
    path: join(folder, "disk"),
    readOnly: true,
  });
  claim("unbound", { volumeName: undefined });
  await fails(ensure({ persistentVolumeClaim: { claimName: "unbound" } }), 'persistentvolumeclaim "unbound" is not bound yet');
  claim("stolen");
  volume("stolen", { claimRef: { uid: "other" }, hostPath: { path: folder } });
  await fails(ensure({ persistentVolumeClaim: { claimName: "stolen" } }), "PVC default/stolen does not match PV pv-stolen's claimRef");
  claim("block", { volumeMode: "Block" });
  volume("block", { hostPath: { path: folder } });
  await fails(
    ensure({ persistentVolumeClaim: { claimName: "block" } }),
    "volume pv-block has volumeMode Block, which this node does not support",
  );
  claim("p-v");
  volume("p-v", { hostPath: { path: folder } });
  await fails(ensure({ ephemeral: {} }), "PVC default/p-v was not created for pod default/p (pod is not owner)");
  claim("p-v", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "uid-p", controller: true }] });
  assert.equal((await ensure({ ephemeral: {} })).path, folder);
  await assert.rejects(ensure({ nfs: { server: "x", path: "/" } } as Volume), /volumes of type nfs are not supported on this node/);
});

test("ownership of a local volume: everything, or nothing when the root is right already", { skip: !isRoot }, async (t) => {
  const { ensure, api, folder } = setUp(t);
  const disk = join(folder, "disk");
  mkdirSync(join(disk, "sub"), { recursive: true });
  writeFileSync(join(disk, "sub/f"), "", { mode: 0o600 });
  symlinkSync("/etc/passwd", join(disk, "link"));
  api.put(persistentvolumeclaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "default", uid: "u" },
    spec: { volumeName: "pv" },
    status: { phase: "Bound" },
  });
  api.put(persistentvolumes, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "pv" },
    spec: { claimRef: { uid: "u" }, local: { path: disk } },
  });
  const volume = { persistentVolumeClaim: { claimName: "c" } };
  await ensure(volume, { securityContext: { fsGroup: 8 } });
  assert.deepEqual(
    [statSync(join(disk, "sub/f")).gid, modeOf(join(disk, "sub/f")), modeOf(join(disk, "sub")) & 0o2770],
    [8, 0o660, 0o2770],
  );
  assert.equal(statSync("/etc/passwd").gid, 0, "links are not followed");
  writeFileSync(join(disk, "late"), "");
  await ensure(volume, { securityContext: { fsGroup: 8, fsGroupChangePolicy: "OnRootMismatch" } });
  assert.equal(statSync(join(disk, "late")).gid, statSync(disk).mode & 0o2000 ? 8 : 0);
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
      ["api", { path: folder, readOnly: true }],
      ["own", { path: folder, readOnly: false }],
    ]),
    variable: (name) => (name === "P" ? "sub" : undefined),
    expand,
    recursiveReadOnly: false,
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
