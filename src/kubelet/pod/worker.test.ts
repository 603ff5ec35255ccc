import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configmaps, type Pod, pods, runtimeclasses, secrets, serviceaccounts } from "#api/mod.ts";
import { aPod, fakeApi } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";
import type { Mount } from "../volumes/mounts.ts";

const isReady = (pod: Pod) => pod.status?.conditions?.find((condition) => condition.type === "Ready")?.status === "True";

function makeUnready({ api, pod }: TestKubelet): void {
  const now = pod();
  const conditions = now.status!.conditions!.map((condition) =>
    condition.type === "Ready" ? { ...condition, status: "False" } : condition,
  );
  api.put(pods, { ...now, status: { ...now.status, conditions } });
}

test("a status that others change is written right again, as often as it is changed", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  for (let round = 0; round < 3; round++) {
    makeUnready(kubelet);
    assert.equal(isReady(kubelet.pod()), false);
    await kubelet.until(() => isReady(kubelet.pod()), 2000);
  }
});

test("a pod that is as it should be is not written", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  await kubelet.pass(1000);
  const before = kubelet.api.writes.filter((write) => write === "patch pods/status").length;
  await kubelet.pass(60_000);
  assert.equal(kubelet.api.writes.filter((write) => write === "patch pods/status").length, before);
});

test("a pod that has become ready no longer says why it was not", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  const ready = kubelet.pod().status?.conditions?.find((condition) => condition.type === "Ready");
  assert.deepEqual([ready?.reason, ready?.message], [undefined, undefined]);
});

test("conditions of others stay, also those that came while the kubelet wrote", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  const now = kubelet.pod();
  kubelet.api.put(pods, {
    ...now,
    status: { ...now.status, conditions: [...now.status!.conditions!, { type: "example.com/gate", status: "True" }] },
  });
  await kubelet.pass(500);
  assert.ok(kubelet.pod().status!.conditions!.some((condition) => condition.type === "example.com/gate"));
});

test("a sandbox that fails once is tried again within seconds, whatever else the pod waits for", async (t) => {
  const token = { projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }] } };
  const kubelet = await startTestKubelet(t);
  kubelet.api.put(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } });
  kubelet.runtime.fail("runSandbox", new Error("transport is closing"));
  kubelet.api.put(pods, aPod({ spec: { volumes: [{ name: "token", ...token }] } }));
  await kubelet.until(() => isReady(kubelet.pod()), 20_000);
  assert.equal(kubelet.runtime.calls.filter((call) => call === "runSandbox p").length, 2);
});

const container = (name: string, fields: object = {}) => ({
  name,
  image: "busybox:1.36",
  command: ["sleep", "1000"],
  imagePullPolicy: "IfNotPresent",
  ...fields,
});
const status = (kubelet: TestKubelet, name = "main") =>
  [...(kubelet.pod().status?.containerStatuses ?? []), ...(kubelet.pod().status?.initContainerStatuses ?? [])].find(
    (each) => each.name === name,
  );
const leave = ({ api, pod }: TestKubelet, graceSeconds: number) => {
  const now = pod();
  api.put(pods, {
    ...now,
    metadata: { ...now.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: graceSeconds },
  });
};
const isGone = ({ api }: TestKubelet) => api.get(pods, { namespace: "default", name: "p" }) === undefined;
const starts = ({ runtime }: TestKubelet, name: string) => runtime.calls.filter((call) => call === `startContainer ${name}`).length;

test("a pod with sidecars is gone within its grace period and the least one, not one after the other", async (t) => {
  const sidecars = ["s1", "s2", "s3"].map((name) => container(name, { restartPolicy: "Always" }));
  const kubelet = await startTestKubelet(t, { pods: [aPod({ spec: { initContainers: sidecars, terminationGracePeriodSeconds: 6 } })] });
  await kubelet.until(() => isReady(kubelet.pod()));
  const began = kubelet.clock.now();
  leave(kubelet, 6);
  await kubelet.until(() => isGone(kubelet));
  const took = kubelet.clock.now() - began;
  assert.ok(took >= 8000 && took < 9500, `${took} ms`);
  assert.ok(kubelet.api.told().includes("Normal Killing Stopping container s1"));
});

test("a command that cannot start: Failed where nothing restarts, longer and longer waits where it does", async (t) => {
  const bad = aPod({ name: "bad", spec: { restartPolicy: "Never", containers: [container("main", { command: ["nope"] })] } });
  const kubelet = await startTestKubelet(t, { pods: [bad, aPod({ spec: { containers: [container("main", { command: ["nope"] })] } })] });
  await kubelet.until(() => kubelet.pod("bad").status?.phase === "Failed");
  assert.equal(kubelet.pod("bad").status?.containerStatuses?.[0]?.state?.terminated?.reason, "StartError");
  await kubelet.until(() => status(kubelet)?.state?.waiting?.reason === "CrashLoopBackOff");
  assert.match(status(kubelet)?.lastState?.terminated?.message ?? "", /executable file not found/);
  const began = kubelet.clock.now();
  await kubelet.until(() => starts(kubelet, "main") - 1 === 5, 150_000);
  const took = kubelet.clock.now() - began;
  assert.ok(took >= 60_000, `at once, after 10, 20 and 40 seconds: ${took} ms`);
  assert.equal(kubelet.pod().status?.phase, "Running");
});

test("a container is started again when it ends, and its earlier end is told", async (t) => {
  const kubelet = await startTestKubelet(t, {
    pods: [aPod({ spec: { containers: [container("main", { command: ["sh", "-c", "sleep 5; exit 3"] })] } })],
  });
  await kubelet.until(() => status(kubelet)?.restartCount === 1);
  assert.deepEqual([status(kubelet)?.lastState?.terminated?.exitCode, status(kubelet)?.ready], [3, true]);
});

test("init containers, then the pod; when a rule says so, all of it again", async (t) => {
  const main = container("main", {
    command: ["sh", "-c", "exit 42"],
    restartPolicy: "Never",
    restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }],
  });
  const pod = aPod({
    spec: { restartPolicy: "Never", initContainers: [container("first", { command: ["sh", "-c", "exit 0"] })], containers: [main] },
  });
  const kubelet = await startTestKubelet(t, { pods: [pod] });
  await kubelet.until(() => starts(kubelet, "first") === 2);
  await kubelet.until(() => (status(kubelet)?.restartCount ?? 0) >= 1);
  assert.equal(status(kubelet, "first")?.restartCount, 1);
});

test("images: pulled, backed off, told, and never pulled where the policy says so", async (t) => {
  const of = (name: string, image: string, imagePullPolicy: string) =>
    aPod({ name, spec: { imagePullSecrets: [{ name: "gone" }], containers: [container("main", { image, imagePullPolicy })] } });
  const kubelet = await startTestKubelet(t, {
    pods: [
      of("p", "busybox:new", "Always"),
      of("missing", "busybox:gone", "Always"),
      of("never", "busybox:gone", "Never"),
      of("odd", "UPPER", "Always"),
    ],
    runtime: { registry: ["docker.io/library/busybox:new"] },
  });
  const reason = (name: string) => kubelet.pod(name).status?.containerStatuses?.[0]?.state?.waiting?.reason;
  await kubelet.until(() => isReady(kubelet.pod()));
  await kubelet.until(() => reason("missing") === "ImagePullBackOff");
  assert.deepEqual([reason("never"), reason("odd")], ["ErrImageNeverPull", "InvalidImageName"]);
  const told = kubelet.api.told();
  assert.ok(
    told.includes(
      "Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.",
    ),
  );
  assert.ok(
    told.includes('Normal BackOff Back-off pulling image "busybox:gone"') && told.includes("Warning Failed Error: ImagePullBackOff"),
  );
});

test("images as volumes: viewed or left to the runtime, a container waits for those that it mounts, and views go with their pod", async (t) => {
  const volumes = [
    { name: "files", image: { reference: "files:1", pullPolicy: "Always" } },
    { name: "gone", image: { reference: "gone:1" } },
  ];
  const mounting = (name: string, ...mounts: string[]) =>
    container(name, { volumeMounts: mounts.map((volume) => ({ name: volume, mountPath: `/${volume}` })) });
  const pod = (name: string) => aPod({ name, spec: { volumes, containers: [mounting("main", "files"), mounting("other", "gone")] } });
  for (const mountsImages of [false, true]) {
    const mounted = new Map<string, { flags: string[]; cwd?: string }>();
    const kubelet = await startTestKubelet(t, {
      pods: [pod("p")],
      runtime: { registry: ["docker.io/library/files:1"], mountsImages },
      kubelet: {
        mounts: {
          tmpfs: async () => {},
          mount: async (_, path, words) => void mounted.set(path, words),
          isMounted: async (path) => mounted.has(path),
          isLabelled: async () => false,
          prepareDisk: async () => {},
          unmountUnder: async () => mounted.clear(),
          share: async () => {},
        },
      },
    });
    const stateOf = (name: string) => kubelet.pod().status?.containerStatuses?.find((each) => each.name === name);
    await kubelet.until(
      () => stateOf("main")?.state?.running !== undefined && stateOf("other")?.state?.waiting?.reason === "ImagePullBackOff",
    );
    const { mounts = [] } = kubelet.runtime.config(stateOf("main")!.containerID!.split("//")[1]!);
    const mount = mounts.find(({ containerPath }) => containerPath === "/files") as Mount;
    const [path, words] = [...mounted][0] ?? ["", undefined];
    assert.deepEqual(
      [mount.hostPath, mount.readonly, mount.image, words?.flags, words?.cwd],
      mountsImages
        ? ["", true, { image: "sha256:docker.io/library/files:1", userSpecifiedImage: "files:1" }, undefined, undefined]
        : [path, true, undefined, ["ro", "lowerdir=2/fs:1/fs"], "/layers"],
    );
    assert.equal(path.endsWith("/volumes/kubernetes.io~image/files"), !mountsImages);
    const uid = kubelet.pod().metadata.uid;
    leave(kubelet, 1);
    await kubelet.until(() => isGone(kubelet));
    assert.ok(mountsImages || kubelet.runtime.calls.includes(`removeImageView spoke-image-volume-${uid}-files`));
    await kubelet.close();
  }
});

test("what a pod refers to and is not there yet: told, and begun as soon as it comes", async (t) => {
  const volumes = [{ name: "v", configMap: { name: "cm" } }];
  const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
  const kubelet = await startTestKubelet(t, { pods: [aPod({ spec: { volumes, containers: [container("main", { env })] } })] });
  await kubelet.until(() =>
    kubelet.api.told().includes('Warning FailedMount MountVolume.SetUp failed for volume "v" : configmap "cm" not found'),
  );
  kubelet.api.put(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cm", namespace: "default" }, data: { a: "1" } });
  await kubelet.until(() => status(kubelet)?.state?.waiting?.reason === "CreateContainerConfigError");
  assert.equal(status(kubelet)?.state?.waiting?.message, 'secret "s" not found');
  kubelet.api.put(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "default" }, data: { k: "dg==" } });
  await kubelet.until(() => isReady(kubelet.pod()), 3000);
});

test("isolation that the node cannot give is refused, and a pod that does not fit fails at once", async (t) => {
  const kubelet = await startTestKubelet(t, {
    pods: [
      aPod({ name: "users", spec: { hostUsers: false } }),
      aPod({ name: "big", spec: { containers: [container("main", { resources: { requests: { cpu: "500" } } })] } }),
      aPod({
        name: "recursive",
        spec: {
          volumes: [{ name: "v", emptyDir: {} }],
          containers: [container("main", { volumeMounts: [{ name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Enabled" }] })],
        },
      }),
      aPod({ name: "devices", spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "g" }] } }),
      aPod({ name: "class", spec: { runtimeClassName: "odd" } }),
    ],
  });
  kubelet.api.put(runtimeclasses, { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "odd" }, handler: "not-here" });
  await kubelet.until(() => kubelet.pod("big").status?.phase === "Failed");
  assert.equal(kubelet.pod("big").status?.reason, "OutOfcpu");
  await kubelet.until(
    () => kubelet.pod("recursive").status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError",
  );
  const wanted = [
    "Warning FailedPrepareDynamicResources Failed to prepare dynamic resources: no DRA driver is registered on this node for the claims gpu",
    "Warning FailedCreatePodSandBox Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces",
    'Warning FailedCreatePodSandBox Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "not-here" is configured',
  ];
  for (const text of wanted) await kubelet.until(() => kubelet.api.told().includes(text));
});

test("two pods that fit alone and not together: one is taken", async (t) => {
  const half = Math.ceil(cpus().length * 0.6);
  const big = (name: string) =>
    aPod({ name, spec: { containers: [container("main", { resources: { requests: { cpu: String(half) } } })] } });
  const kubelet = await startTestKubelet(t, { pods: [big("one"), big("two")] });
  await kubelet.until(() => kubelet.pod("one").status?.phase !== "Pending" && kubelet.pod("two").status?.phase !== "Pending");
  assert.deepEqual([kubelet.pod("one").status?.phase, kubelet.pod("two").status?.phase].sort(), ["Failed", "Running"]);
});

test("hooks: postStart runs, a failing one ends the container, preStop runs before it is stopped", async (t) => {
  const exec = (command: string) => ({ exec: { command: [command] } });
  const kubelet = await startTestKubelet(t, {
    pods: [
      aPod({
        spec: {
          containers: [
            container("main", { lifecycle: { postStart: exec("begin"), preStop: exec("end") } }),
            container("bad", { lifecycle: { postStart: exec("fail"), preStop: exec("fail") } }),
          ],
        },
      }),
    ],
    runtime: { exec: (_, [command]) => ({ stdout: "", stderr: "no", exitCode: command === "fail" ? 1 : 0 }) },
  });
  await kubelet.until(() => kubelet.api.told().some((text) => text.startsWith("Warning FailedPostStartHook")));
  leave(kubelet, 5);
  await kubelet.until(() => isGone(kubelet), 60_000);
  const calls = kubelet.runtime.calls.filter((call) => /main (begin|end)|^stopContainer main/.test(call));
  assert.deepEqual(calls, ["exec main begin", "exec main end", "stopContainer main 5"]);
});

test("a storage limit that is broken evicts the pod, and says so", async (t) => {
  const volumes = [{ name: "t", emptyDir: { sizeLimit: "5Mi" } }];
  const kubelet = await startTestKubelet(t, { pods: [aPod({ spec: { volumes } })], kubelet: { sizeOf: async () => 20 * 1024 ** 2 } });
  await kubelet.until(() => kubelet.pod().status?.reason === "Evicted", 60_000);
  const message = 'Usage of EmptyDir volume "t" exceeds the limit "5Mi". ';
  assert.deepEqual([kubelet.pod().status?.phase, kubelet.pod().status?.message], ["Failed", message]);
  assert.ok(kubelet.api.told().includes(`Warning Evicted ${message}`));
});

test("the message of a container is its file's, or the end of its log; the pod's limit is shared", async (t) => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const fallback = { terminationMessagePolicy: "FallbackToLogsOnError", command: ["sh", "-c", "sleep 20; exit 1"] };
  const kubelet = await startTestKubelet(t, {
    pods: [aPod({ spec: { restartPolicy: "Never", containers: names.map((name) => container(name, fallback)) } })],
  });
  await kubelet.until(() => starts(kubelet, "h") === 1);
  const own = join(kubelet.folder, "pods", "uid-p", "containers", "a", "0");
  writeFileSync(own, "z".repeat(5000));
  writeFileSync(join(kubelet.folder, "log", "pods", "default_p_uid-p", "b", "0.log"), "2026-01-01T00:00:00Z stdout F said\n");
  await kubelet.until(() => kubelet.pod().status?.phase === "Failed");
  const message = (name: string) => status(kubelet, name)?.state?.terminated?.message;
  assert.deepEqual([message("a")?.length, message("b"), message("c")], [1536, "said\n", undefined]);
});

test("variables from a file of a volume", async (t) => {
  const spec = (key: string) => ({
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [container("main", { env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "e", key } } }] })],
  });
  const kubelet = await startTestKubelet(t, { pods: [aPod({ spec: spec("A") })] });
  await kubelet.until(() => status(kubelet)?.state?.waiting?.reason === "CreateContainerConfigError");
  assert.equal(status(kubelet)?.state?.waiting?.message, "couldn't parse env file");
  writeFileSync(join(kubelet.folder, "pods/uid-p/volumes/kubernetes.io~empty-dir/v/e"), "A='one'\n");
  await kubelet.until(() => isReady(kubelet.pod()), 20_000);
});

test("a pod whose deadline has passed is ended and Failed", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod({ spec: { activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 1 } })] });
  await kubelet.until(() => isReady(kubelet.pod()));
  await kubelet.until(() => kubelet.pod().status?.phase === "Failed");
  assert.deepEqual(
    [kubelet.pod().status?.reason, kubelet.pod().status?.message],
    ["DeadlineExceeded", "Pod was active on the node longer than the specified deadline"],
  );
});

test("what a kubelet before this one left: its pods are adopted, those that nobody knows are ended and cleaned away", async (t) => {
  const api = fakeApi();
  const first = await startTestKubelet(t, { api, pods: [aPod(), aPod({ name: "lost" })] });
  await first.until(() => isReady(first.pod()) && isReady(first.pod("lost")));
  await first.close();
  await api.client.delete(pods, { namespace: "default", name: "lost" });
  const calls = first.runtime.calls.length;
  const second = await startTestKubelet(t, { api, adopt: first });
  await second.until(
    () => second.runtime.calls.includes("removeSandbox sandbox-1") || second.runtime.calls.includes("removeSandbox sandbox-2"),
  );
  assert.ok(!second.runtime.calls.slice(calls).some((call) => call.startsWith("startContainer") || call.startsWith("runSandbox")));
  assert.deepEqual([isReady(second.pod()), status(second)?.restartCount], [true, 0]);
});

test("a sandbox that dies is made anew with its containers, and an image that changes restarts its container", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  await kubelet.runtime.stopSandbox("sandbox-1");
  await kubelet.until(() => starts(kubelet, "main") === 2 && isReady(kubelet.pod()));
  assert.ok(kubelet.api.told().includes("Normal SandboxChanged Pod sandbox changed, it will be killed and re-created."));
  const now = kubelet.pod();
  kubelet.api.put(pods, { ...now, spec: { ...now.spec, containers: [container("main", { image: "busybox" })] } });
  await kubelet.until(() => kubelet.api.told().includes("Normal Killing Container main definition changed"), 60_000);
});

test("no container starts before the network agrees to the pod's address; the network hears when all is gone", async (t) => {
  const asked: string[] = [];
  let agrees = false;
  const network = {
    async admit(pod: Pod, ips: readonly string[]) {
      asked.push(`admit ${pod.metadata.name} ${ips.length > 0}`);
      if (!agrees) throw new Error("its network policies do not stand after 10 s");
    },
    released: (uid: string) => void asked.push(`released ${uid}`),
  };
  const kubelet = await startTestKubelet(t, { pods: [aPod()], kubelet: { network } });
  await kubelet.until(() => asked.length > 1);
  assert.deepEqual(asked.slice(0, 2), ["admit p true", "admit p true"]);
  assert.equal(kubelet.pod().status?.containerStatuses?.[0]?.state?.waiting?.reason, "ContainerCreating");
  const told = "Warning NetworkNotReady network is not ready: its network policies do not stand after 10 s";
  await kubelet.until(() => kubelet.api.told().includes(told));
  assert.ok(!kubelet.api.told().some((each) => each.startsWith("Normal Created")));
  agrees = true;
  await kubelet.until(() => isReady(kubelet.pod()));
  const { uid } = kubelet.pod().metadata;
  await kubelet.api.client.delete(pods, { namespace: "default", name: "p" });
  await kubelet.until(() => asked.at(-1) === `released ${uid}`);
});
