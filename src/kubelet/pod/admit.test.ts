import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "#api/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { type AdmissionFacts, matchesNode, refusalOf } from "./admit.ts";

const node: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-1", labels: { "kubernetes.io/os": "linux", zone: "a", size: "5" } },
  spec: {},
  status: { allocatable: { cpu: "2", memory: "1Gi", pods: "3", "ephemeral-storage": "10Gi", "example.com/dongle": "1" } },
};
const facts = (fields: Partial<AdmissionFacts> = {}): AdmissionFacts => ({
  node,
  others: [],
  supplementalGroupsPolicy: false,
  appArmor: false,
  kernel: "6.1.0",
  ...fields,
});
const c = (fields: object) => [{ name: "main", image: "x", ...fields }] as never;
const wants = (requests: Record<string, string>, name = "p") => aPod({ name, spec: { containers: c({ resources: { requests } }) } });
const sysctls = (name: string, spec: object = {}) => aPod({ spec: { securityContext: { sysctls: [{ name, value: "1" }] }, ...spec } });

const cases: [string, Pod, Partial<AdmissionFacts>, string?][] = [
  ["a plain pod", aPod(), {}],
  ["CPU", wants({ cpu: "3" }), {}, "OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000"],
  [
    "CPU beside others",
    wants({ cpu: "1500m" }),
    { others: [wants({ cpu: "1" }, "o")] },
    "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  ],
  [
    "memory",
    wants({ memory: "2Gi" }),
    {},
    "OutOfmemory: Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
  ],
  [
    "pods",
    aPod(),
    { others: [1, 2, 3].map((at) => aPod({ name: `o${at}` })) },
    "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  ],
  [
    "an extended resource",
    wants({ "example.com/dongle": "2" }),
    {},
    "OutOfexample.com/dongle: Node didn't have enough resource: example.com/dongle, requested: 2, used: 0, capacity: 1",
  ],
  ["an extended resource that the node does not know", wants({ "example.com/other": "2" }), {}],
  [
    "another node's selector",
    aPod({ spec: { nodeSelector: { zone: "b" } } }),
    {},
    "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    "a host port that is taken",
    aPod({ spec: { containers: c({ ports: [{ containerPort: 80, hostPort: 8080 }] }) } }),
    { others: [aPod({ name: "o", spec: { containers: c({ ports: [{ containerPort: 1, hostPort: 8080 }] }) } })] },
    "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  [
    "the same port of another protocol",
    aPod({ spec: { containers: c({ ports: [{ containerPort: 80, hostPort: 8080, protocol: "UDP" }] }) } }),
    { others: [aPod({ name: "o", spec: { containers: c({ ports: [{ containerPort: 1, hostPort: 8080 }] }) } })] },
  ],
  [
    "the same port of another address",
    aPod({ spec: { containers: c({ ports: [{ containerPort: 80, hostPort: 8080, hostIP: "10.0.0.1" }] }) } }),
    { others: [aPod({ name: "o", spec: { containers: c({ ports: [{ containerPort: 1, hostPort: 8080, hostIP: "10.0.0.2" }] }) } })] },
  ],
  [
    "a NoExecute taint",
    aPod(),
    { node: { ...node, spec: { taints: [{ key: "k", effect: "NoExecute" }] } } },
    "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  ],
  [
    "a NoExecute taint that is tolerated",
    aPod({ spec: { tolerations: [{ key: "k", operator: "Exists" }] } }),
    { node: { ...node, spec: { taints: [{ key: "k", effect: "NoExecute" }] } } },
  ],
  ["a NoSchedule taint", aPod(), { node: { ...node, spec: { taints: [{ key: "k", effect: "NoSchedule" }] } } }],
  [
    "another node's name",
    aPod({ spec: { nodeName: "node-2" } }),
    {},
    "NodeName: Predicate NodeName failed: node(s) didn't match the requested node name",
  ],
  ["a safe sysctl", sysctls("net.ipv4.tcp_syncookies"), {}],
  ["a safe sysctl with slashes", sysctls("net/ipv4/tcp_syncookies"), {}],
  [
    "a safe sysctl on the host's network",
    sysctls("net.ipv4.tcp_syncookies", { hostNetwork: true }),
    {},
    'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled',
  ],
  [
    "a safe sysctl with the host's IPC",
    sysctls("kernel.shm_rmid_forced", { hostIPC: true }),
    {},
    'SysctlForbidden: forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host IPC enabled',
  ],
  [
    "a sysctl that the kernel does not keep apart yet",
    sysctls("net.ipv4.tcp_rmem"),
    { kernel: "4.14.0-1" },
    'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_rmem" not allowlisted',
  ],
  ...["net.core.somaxconn", "kernel.msgmax", "net.ipv4.conf.all.route_localnet", "constructor"].map(
    (name): [string, Pod, object, string] => [
      `the unsafe sysctl ${name}`,
      sysctls(name),
      {},
      `SysctlForbidden: forbidden sysctl: "${name}" not allowlisted`,
    ],
  ),
  [
    "strict supplemental groups",
    aPod({ spec: { securityContext: { supplementalGroupsPolicy: "Strict" } } }),
    {},
    "SupplementalGroupsPolicyNotSupported: SupplementalGroupsPolicy=Strict is not supported in this node",
  ],
  [
    "strict supplemental groups where the runtime can",
    aPod({ spec: { securityContext: { supplementalGroupsPolicy: "Strict" } } }),
    { supplementalGroupsPolicy: true },
  ],
  [
    "AppArmor of a container",
    aPod({ spec: { containers: c({ securityContext: { appArmorProfile: { type: "Localhost", localhostProfile: "x" } } }) } }),
    {},
    "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  ],
  [
    "AppArmor of the pod",
    aPod({ spec: { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } } }),
    {},
    "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  ],
  ["AppArmor unconfined", aPod({ spec: { securityContext: { appArmorProfile: { type: "Unconfined" } } } }), {}],
  [
    "AppArmor on a host that has it",
    aPod({ spec: { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } } }),
    { appArmor: true },
  ],
  [
    "AppArmor by annotation",
    aPod({ metadata: { annotations: { "container.apparmor.security.beta.kubernetes.io/main": "localhost/x" } } }),
    {},
    "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  ],
  [
    "Windows",
    aPod({ spec: { os: { name: "windows" } } }),
    {},
    "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
  ],
  [
    "Windows by label",
    aPod({ metadata: { labels: { "kubernetes.io/os": "windows" } } }),
    {},
    "PodOSSelectorNodeLabelDoesNotMatch: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
  ],
];

for (const [name, pod, given, wanted] of cases)
  test(`admission: ${name}`, () => {
    const refusal = refusalOf(pod, facts(given));
    assert.equal(refusal && `${refusal.reason}: ${refusal.message}`, wanted);
  });

test("required node affinity: terms are alternatives, their parts all hold", () => {
  const affinity = (...nodeSelectorTerms: object[]) =>
    matchesNode(
      aPod({ spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } as never } }),
      node,
    );
  const e = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
  assert.ok(affinity({ matchExpressions: [e("zone", "In", "a", "b"), e("size", "Gt", "4"), e("size", "Lt", "6")] }));
  assert.ok(affinity({ matchExpressions: [e("zone", "NotIn", "a")] }, { matchFields: [e("metadata.name", "In", "node-1")] }));
  assert.ok(affinity({ matchExpressions: [e("zone", "Exists"), e("other", "DoesNotExist")] }));
  assert.ok(!affinity({ matchExpressions: [e("zone", "In", "b")] }));
  assert.ok(!affinity({ matchExpressions: [e("zone", "Like", "a")] }));
  assert.ok(!affinity({}));
});
