import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { containerConfig, type NodeSettings, RunAsError, sandboxConfig, sysctlName } from "./config.ts";
import { crashBackOff, usualCrashMs } from "./history.ts";

const settings: NodeSettings = {
  clusterDns: ["10.96.0.10"],
  clusterDomain: "cluster.local",
  cgroupRoot: "/spoke/c/n",
  hostResolvConf: { servers: ["8.8.8.8"], searches: ["lan"], options: [] },
  hostsFile: "",
  podLogs: "/logs",
  selinux: false,
  crashBackOff: crashBackOff(usualCrashMs),
  memoryBytes: 1024 ** 3,
};
// biome-ignore lint/suspicious/noExplicitAny: messages to the runtime have no type of their own
const sandbox = (pod: Pod): any => sandboxConfig(pod, 0, settings);
// biome-ignore lint/suspicious/noExplicitAny: as above
const container = (pod: Pod, image: { uid?: number; username: string } = { uid: 0, username: "" }): any =>
  containerConfig({
    pod,
    container: pod.spec!.containers![0]!,
    restartCount: 2,
    image: "sha256:i",
    imageUser: image,
    environment: new Map([["A", "b"]]),
    mounts: [],
    settings,
  });
const c = (fields: object) => [{ name: "main", image: "busybox:1.36", ...fields }] as never;

test("a sandbox: names, DNS, ports, control group", () => {
  const pod = aPod({
    spec: { containers: c({ ports: [{ containerPort: 80, hostPort: 8080, hostIP: "10.0.0.1" }] }) },
    metadata: { labels: { a: "b" } },
  });
  const config = sandbox(pod);
  assert.equal(config.hostname, "p");
  assert.deepEqual(config.dnsConfig, {
    servers: ["10.96.0.10"],
    searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan"],
    options: ["ndots:5"],
  });
  assert.deepEqual(config.portMappings, [{ protocol: 0, containerPort: 80, hostPort: 8080, hostIp: "10.0.0.1" }]);
  assert.equal(config.linux.cgroupParent, "/spoke/c/n/kubepods/besteffort/poduid-p");
  assert.equal(config.labels["io.kubernetes.pod.uid"], "uid-p");
});

test("DNS by policy and by the pod's own words", () => {
  const dns = (spec: object) => sandbox(aPod({ spec })).dnsConfig;
  assert.deepEqual(dns({ dnsPolicy: "Default" }).servers, ["8.8.8.8"]);
  assert.deepEqual(dns({ hostNetwork: true }).servers, ["8.8.8.8"]);
  assert.deepEqual(dns({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }).servers, ["10.96.0.10"]);
  const own = { nameservers: ["1.1.1.1"], searches: ["x"], options: [{ name: "ndots", value: "2" }, { name: "edns0" }] };
  assert.deepEqual(dns({ dnsPolicy: "None", dnsConfig: own }), { servers: ["1.1.1.1"], searches: ["x"], options: ["ndots:2", "edns0"] });
});

test("isolation that a pod asks for is given to the runtime", () => {
  const security = {
    sysctls: [{ name: "net/ipv4/tcp_syncookies", value: "1" }],
    supplementalGroups: [7],
    fsGroup: 8,
    supplementalGroupsPolicy: "Strict",
    seLinuxOptions: { level: "s0" },
    runAsUser: 5,
    runAsGroup: 6,
  };
  const { linux } = sandbox(aPod({ spec: { securityContext: security, hostPID: true, hostIPC: true } }));
  assert.deepEqual(linux.sysctls, { "net.ipv4.tcp_syncookies": "1" });
  assert.deepEqual(linux.securityContext.supplementalGroups, [7, 8]);
  assert.equal(linux.securityContext.supplementalGroupsPolicy, 1);
  assert.deepEqual(linux.securityContext.selinuxOptions, { level: "s0" });
  assert.deepEqual(linux.securityContext.namespaceOptions, { network: 0, pid: 2, ipc: 2 });
  assert.deepEqual(
    [sysctlName("net.ipv4.conf.eth0/1.x"), sysctlName("net/ipv4/conf/eth0.1/x")],
    ["net.ipv4.conf.eth0/1.x", "net.ipv4.conf.eth0/1.x"],
  );
});

test("a container: its own security over the pod's", () => {
  const pod = aPod({
    spec: {
      securityContext: { runAsUser: 5, seccompProfile: { type: "RuntimeDefault" }, appArmorProfile: { type: "RuntimeDefault" } },
      containers: c({
        command: ["$(A)"],
        securityContext: {
          runAsUser: 9,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
          appArmorProfile: { type: "Localhost", localhostProfile: "x" },
        },
      }),
    },
  });
  const { linux, command, envs, logPath, annotations } = container(pod);
  const security = linux.securityContext;
  assert.deepEqual([command, logPath, annotations["io.kubernetes.container.restartCount"]], [["b"], "main/2.log", "2"]);
  assert.deepEqual(envs, [{ key: "A", value: Buffer.from("b") }]);
  assert.deepEqual([security.runAsUser, security.readonlyRootfs, security.noNewPrivs], [{ value: 9 }, true, true]);
  assert.deepEqual(security.capabilities, { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["ALL"] });
  assert.deepEqual([security.apparmor, security.apparmorProfile], [{ profileType: 2, localhostRef: "x" }, "localhost/x"]);
  assert.deepEqual(security.seccomp, { profileType: 0 });
  assert.ok(security.maskedPaths.includes("/proc/kcore"));
});

test("who a container runs as", () => {
  const as = (spec: object, image?: { uid?: number; username: string }) =>
    container(aPod({ spec: { containers: c({}), ...spec } }), image).linux.securityContext;
  assert.deepEqual(as({}, { username: "app" }).runAsUsername, "app");
  assert.deepEqual(as({}, { uid: 3, username: "" }).runAsUser, { value: 3 });
  const nonRoot = { securityContext: { runAsNonRoot: true } };
  assert.throws(() => as(nonRoot), new RunAsError("container has runAsNonRoot and image will run as root"));
  assert.throws(() => as(nonRoot, { username: "app" }), /non-numeric user \(app\)/);
  assert.throws(
    () => as({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
    new RunAsError("container's runAsUser breaks non-root policy"),
  );
  assert.deepEqual(as(nonRoot, { uid: 7, username: "" }).runAsUser, { value: 7 });
});
