import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../core/pod-spec.ts";
import { builtInKinds } from "../kinds.ts";
import {
  deployments,
  ingresses,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type Resource,
  services,
  staticCatalog,
  warningsOf,
} from "../mod.ts";
import { podWarnings } from "./pod-warnings.ts";

const http = (more: object = {}) => ({ name: "http", containerPort: 80, ...more });
const two = (first: object, second: object): PodSpec => ({
  containers: [
    { name: "a", ...first },
    { name: "b", ...second },
  ],
});

const table: [name: string, spec: PodSpec, expected: string[]][] = [
  ["nothing", { containers: [{ name: "c", ports: [http()] }] }, []],
  [
    "a port name twice",
    two({ ports: [http()] }, { ports: [http({ containerPort: 81 })] }),
    [
      'spec.containers[1].ports[0]: duplicate port name "http" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
    ],
  ],
  [
    "a port twice",
    { containers: [{ name: "c", ports: [{ containerPort: 80 }, { containerPort: 80 }] }] },
    ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
  ],
  ["TCP and UDP are two", { containers: [{ name: "c", ports: [{ containerPort: 53 }, { containerPort: 53, protocol: "UDP" }] }] }, []],
  [
    "a port with and without a host port",
    { containers: [{ name: "c", ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 80 }] }] },
    ["spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"],
  ],
  [
    "a variable twice",
    {
      containers: [
        {
          name: "c",
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "2" },
          ],
        },
      ],
    },
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    "a variable that builds upon itself",
    {
      containers: [
        {
          name: "c",
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "$(A):2" },
          ],
        },
      ],
    },
    [],
  ],
  [
    "half a byte",
    { containers: [{ name: "c", resources: { limits: { memory: "100m" } } }] },
    ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
  ],
  [
    "an old label",
    { containers: [], nodeSelector: { "node-role.kubernetes.io/master": "" } },
    ['spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead'],
  ],
  [
    "old volumes",
    {
      containers: [],
      volumes: [
        { name: "g", gitRepo: { repository: "r" } },
        { name: "s", storageos: {} },
      ],
    },
    [
      "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
      "spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+",
    ],
  ],
  [
    "pull secrets twice and without a name",
    { containers: [], imagePullSecrets: [{ name: "a" }, { name: "a" }, { name: "" }] },
    ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""'],
  ],
  [
    "a selector that selects nothing",
    { containers: [], affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "k" }] } } },
    [
      "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
    ],
  ],
];
for (const [name, spec, expected] of table) test(`pod: ${name}`, () => assert.deepEqual(podWarnings(spec), expected));

const catalog = staticCatalog(builtInKinds);
const warned = (resource: Resource, object: object, old?: object) => warningsOf(catalog.of(resource).rules, object as never, old as never);

test("annotations: what has ceased to work, and AppArmor's and seccomp's where the field is not set", () => {
  const annotations = {
    "scheduler.alpha.kubernetes.io/critical-pod": "",
    "container.apparmor.security.beta.kubernetes.io/c": "runtime/default",
  };
  const pod = (securityContext?: object) => ({
    kind: "Pod",
    metadata: { name: "p", annotations },
    spec: { containers: [{ name: "c", securityContext }] },
  });
  const critical =
    'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead';
  const armor =
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead';
  assert.deepEqual(warned(pods, pod()), [critical, armor]);
  assert.deepEqual(warned(pods, pod({ appArmorProfile: { type: "RuntimeDefault" } })), [critical]);
  assert.deepEqual(warned(pods, pod(), pod()), []);
});

test("templates have their path in front, and an update of something else is not warned again", () => {
  const spec = { template: { spec: { containers: [{ name: "c", ports: [http(), http()] }] } } };
  const at = (generation: number) => ({ kind: "Deployment", metadata: { name: "d", generation }, spec });
  const [first] = warned(deployments, at(1));
  assert.equal(
    first,
    "spec.template.spec.containers[0].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]",
  );
  assert.equal(warned(deployments, at(2), at(1)).length, 2);
  assert.deepEqual(warned(deployments, at(1), at(1)), []);
});

test("names that make bad host names", () => {
  const [warning] = warned(pods, { kind: "Pod", metadata: { name: "a".repeat(64) }, spec: { containers: [] } });
  assert.equal(
    warning,
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must be no more than 63 characters]",
  );
});

test("claims, volumes, Ingresses and Services", () => {
  const beta = { "volume.beta.kubernetes.io/storage-class": "x" };
  const text =
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead';
  assert.deepEqual(warned(persistentvolumeclaims, { metadata: { annotations: beta }, spec: {} }), [text]);
  assert.deepEqual(warned(persistentvolumes, { metadata: {}, spec: { rbd: {}, persistentVolumeReclaimPolicy: "Recycle" } }), [
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    "spec.rbd: deprecated in v1.28, non-functional in v1.31+",
  ]);
  const classed = { metadata: { annotations: { "kubernetes.io/ingress.class": "nginx" } }, spec: {} };
  assert.deepEqual(warned(ingresses, classed), [
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ]);
  assert.deepEqual(warned(ingresses, { ...classed, spec: { ingressClassName: "spoke" } }), []);
  assert.deepEqual(
    warned(services, { metadata: {}, spec: { type: "ClusterIP", externalIPs: ["192.0.2.1"], trafficDistribution: "PreferClose" } }),
    [
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  );
  assert.deepEqual(warned(services, { metadata: {}, spec: { clusterIP: "None", sessionAffinity: "ClientIP" } }), [
    "spec.SessionAffinity is ignored for headless services",
  ]);
});
