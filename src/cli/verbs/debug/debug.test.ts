import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { patchMeta } from "#codec/strategic/merge.ts";
import type { KObject } from "../../print/values.ts";
import { type Around, copyOf, ephemeralContainer, nodePod, type Wish } from "./plan.ts";
import { needsWarning, type Profile, profileOf } from "./profiles.ts";
import { isImageReference } from "./reference.ts";

const keepNone = { labels: false, annotations: false, liveness: false, readiness: false, startup: false, initContainers: true };

function wish(changes: Partial<Wish> = {}): Wish {
  return {
    args: [],
    argumentsOnly: false,
    container: "debugger",
    copyTo: "copy",
    env: [],
    image: "busybox",
    keep: keepNone,
    profile: "general",
    custom: undefined,
    pullPolicy: "",
    sameNode: false,
    setImages: new Map(),
    shareProcesses: undefined,
    stdin: false,
    target: "",
    tty: false,
    ...changes,
  };
}

const around: Around = {
  random: seededRandom(1),
  named: () => {},
  lookup: { field: (name) => (name === "env" ? patchMeta("merge", "name", undefined) : undefined) },
};

const aPod = (): KObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "ns", labels: { app: "web" }, annotations: { a: "b" } },
  spec: {
    nodeName: "node-1",
    initContainers: [{ name: "setup", image: "i" }],
    containers: [
      {
        name: "app",
        image: "app:1",
        command: ["run"],
        args: ["x"],
        livenessProbe: { exec: {} },
        readinessProbe: { exec: {} },
        startupProbe: { exec: {} },
      },
      { name: "side", image: "side:1" },
    ],
    ephemeralContainers: [{ name: "old", image: "o" }],
  },
});

test("each profile grants an ephemeral container what it names", () => {
  const table: [Profile, unknown][] = [
    ["legacy", undefined],
    ["general", { capabilities: { add: ["SYS_PTRACE"] } }],
    ["baseline", undefined],
    [
      "restricted",
      {
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "RuntimeDefault" },
      },
    ],
    ["netadmin", { capabilities: { add: ["NET_ADMIN", "NET_RAW"] } }],
    ["sysadmin", { privileged: true }],
  ];
  for (const [profile, securityContext] of table)
    assert.deepEqual(ephemeralContainer(aPod(), wish({ profile }), around).securityContext, securityContext, profile);
  assert.throws(() => profileOf("none"), { message: "unknown profile: none" });
});

test("a node's pod mounts the disk and shares namespaces as its profile says", () => {
  const table: [Profile, { host: boolean; mounts: boolean; security?: unknown }][] = [
    ["legacy", { host: true, mounts: true }],
    ["general", { host: true, mounts: true }],
    ["baseline", { host: false, mounts: false }],
    ["netadmin", { host: true, mounts: false, security: { capabilities: { add: ["NET_ADMIN", "NET_RAW"] } } }],
    ["sysadmin", { host: true, mounts: true, security: { privileged: true } }],
  ];
  for (const [profile, expected] of table) {
    const { pod, container } = nodePod("n1", wish({ profile, args: ["sh"] }), around);
    const [only] = pod.spec.containers;
    assert.equal(container, "debugger");
    assert.match(pod.metadata.name, /^node-debugger-n1-[a-z0-9]{5}$/);
    assert.deepEqual([pod.spec.hostPID, pod.spec.hostIPC, pod.spec.hostNetwork], Array(3).fill(expected.host || undefined), profile);
    assert.deepEqual(only.volumeMounts, expected.mounts ? [{ mountPath: "/host", name: "host-root" }] : undefined, profile);
    assert.deepEqual(only.securityContext, expected.security, profile);
    assert.deepEqual([pod.spec.nodeName, pod.spec.restartPolicy, only.command], ["n1", "Never", ["sh"]]);
  }
});

test("a copy is changed in images, commands and probes, and keeps what it is told to", () => {
  const { pod, container } = copyOf(
    aPod(),
    wish({
      setImages: new Map([
        ["*", "any"],
        ["app", "app:debug"],
      ]),
    }),
    around,
  );
  assert.equal(container, "debugger");
  assert.deepEqual(pod.metadata, { name: "copy", namespace: "ns" });
  assert.deepEqual(
    pod.spec.containers.map((each: { name: string; image: string }) => [each.name, each.image]),
    [
      ["app", "app:debug"],
      ["side", "any"],
      ["debugger", "busybox"],
    ],
  );
  assert.deepEqual([pod.spec.nodeName, pod.spec.ephemeralContainers, pod.spec.shareProcessNamespace], [undefined, undefined, true]);
  assert.deepEqual(Object.keys(pod.spec.containers[0]), ["name", "image", "command", "args"]);

  const kept = copyOf(
    aPod(),
    wish({ keep: { ...keepNone, labels: true, readiness: true, initContainers: false }, sameNode: true, shareProcesses: false }),
    around,
  ).pod;
  assert.deepEqual(kept.metadata.labels, { app: "web" });
  assert.deepEqual(kept.spec.containers[0].readinessProbe, { exec: {} });
  assert.deepEqual([kept.spec.initContainers, kept.spec.nodeName, kept.spec.shareProcessNamespace], [undefined, "node-1", false]);
});

test("an existing container of a copy runs another command", () => {
  const changed = (changes: Partial<Wish>) => copyOf(aPod(), wish({ container: "app", image: "", args: ["sh"], ...changes }), around);
  const { pod, container } = changed({ stdin: true, tty: true });
  assert.equal(container, "app");
  const [app] = pod.spec.containers;
  assert.deepEqual([app.command, app.args, app.stdin, app.tty, app.image], [["sh"], undefined, true, true, "app:1"]);
  assert.deepEqual(changed({ argumentsOnly: true }).pod.spec.containers[0].args, ["sh"]);
  assert.equal(copyOf(aPod(), wish({ container: "", image: "", setImages: new Map([["*", "x"]]) }), around).container, "");
  assert.throws(() => changed({ container: "nope" }), { message: "you must specify image when creating new container" });
});

test("a custom profile merges over the built-in one", () => {
  const custom = { name: "", env: [{ name: "B", value: "2" }], securityContext: { runAsUser: 0 } };
  const made = ephemeralContainer(aPod(), wish({ env: [{ name: "A", value: "1" }], custom }), around);
  assert.deepEqual(
    new Map(made.env.map((each: { name: string; value: string }) => [each.name, each.value])),
    new Map([
      ["A", "1"],
      ["B", "2"],
    ]),
  );
  assert.deepEqual(made.securityContext, { capabilities: { add: ["SYS_PTRACE"] }, runAsUser: 0 });
  assert.equal(made.name, "debugger");
});

test("capabilities of a pod that runs as an ordinary user are warned of", () => {
  const container = (securityContext: object) => ({ name: "c", securityContext });
  const spec = (runAsUser?: number) => ({ containers: [], securityContext: { runAsUser } });
  const table: [object, number | undefined, boolean][] = [
    [{ privileged: true }, 1000, true],
    [{ capabilities: { add: ["X"] } }, 1000, true],
    [{ capabilities: { add: ["X"] }, runAsUser: 0 }, 1000, false],
    [{ privileged: true }, 0, false],
    [{ privileged: true }, undefined, false],
    [{}, 1000, false],
  ];
  for (const [security, user, warned] of table) assert.equal(needsWarning(container(security), spec(user)), warned);
});

test("images are references", () => {
  for (const image of ["busybox", "a.b:5000/x/y_z:tag", "x@sha256:0123456789abcdef0123456789abcdef", "[::1]:5000/x"])
    assert.equal(isImageReference(image), true, image);
  for (const image of ["", "Busybox", "a b", "x:", "x@sha256:1", "-x"]) assert.equal(isImageReference(image), false, image);
});
