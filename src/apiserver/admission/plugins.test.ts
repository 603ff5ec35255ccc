import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import { type Asked, plainUser, type SecureFixture, secureFixture } from "../fixture.ts";
import { type AdmissionChoice, type AdmissionParts, chosenPlugins } from "./plugins.ts";

const hooks = {
  mutating: { name: "MutatingAdmissionWebhook", matches: [] },
  validating: { name: "ValidatingAdmissionWebhook", matches: [] },
};
const parts = { authorizers: [], webhooks: hooks } as unknown as AdmissionParts;
const names = (choice?: AdmissionChoice) => chosenPlugins(parts, choice).map(({ name }) => name);
const core = "/api/v1";
const inN = `${core}/namespaces/n`;

test("every plugin can be switched off, and the order stays", () => {
  const all = names();
  assert.equal(all[0], "NamespaceLifecycle");
  assert.equal(all.at(-1), "RBACEscalation");
  assert.deepEqual(
    names({ disable: ["PodSecurity", "LimitRanger"] }),
    all.filter((name) => name !== "PodSecurity" && name !== "LimitRanger"),
  );
  assert.deepEqual(names({ enable: ["AlwaysPullImages", "NamespaceExists"] }).slice(0, 7), [
    "NamespaceLifecycle",
    "NamespaceExists",
    "LimitRanger",
    "ServiceAccount",
    "NodeRestriction",
    "TaintNodesByCondition",
    "AlwaysPullImages",
  ]);
});

test("a choice that cannot be carried out is refused", () => {
  assert.throws(() => names({ enable: ["Nothing"] }), /enable-admission-plugins plugin "Nothing" is unknown/);
  assert.throws(() => names({ disable: ["RBACEscalation"] }), /disable-admission-plugins plugin "RBACEscalation" is unknown/);
  assert.throws(
    () => names({ enable: ["LimitRanger"], disable: ["LimitRanger"] }),
    /\[LimitRanger\] in enable-admission-plugins and disable/,
  );
  assert.throws(() => names({ enable: ["EventRateLimit"] }), /must not be empty/);
});

let at: SecureFixture;
const put = (apiVersion: string, kind: string, name: string, more: object = {}, namespace?: string, metadata: object = {}) =>
  at.put({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}), ...metadata }, ...more } as KubeObject);

/** A server with one namespace `n`, two nodes and the plugins of the choice. */
async function withPlugins(choice: AdmissionChoice, run: () => Promise<void>, annotations: object = {}): Promise<void> {
  const before = at;
  at = await secureFixture({ admission: choice });
  try {
    await put("v1", "Namespace", "n", {}, undefined, { annotations });
    await put("v1", "ServiceAccount", "default", { automountServiceAccountToken: false }, "n");
    await run();
  } finally {
    await at.close();
    at = before;
  }
}
before(async () => {
  at = await secureFixture();
  await put("v1", "Namespace", "n");
  await put("v1", "ServiceAccount", "default", { automountServiceAccountToken: false }, "n");
  const labels = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "kubernetes.io/os": "linux", other: "x" };
  await put("v1", "Node", "linux", { status: { allocatable: { cpu: "2", memory: "1Gi" } } }, undefined, { labels });
  await put("v1", "Node", "windows", {}, undefined, { labels: { "kubernetes.io/os": "windows" } });
});
after(() => at.close());

const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});
const is = ({ status, message }: Asked, wanted: number, text = "") =>
  assert.deepEqual([status, wanted < 400 ? "" : message], [wanted, text], message);
const resources = (requests?: object, limits?: object) => ({ ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) });
const limitRange = (...limits: object[]) => put("v1", "LimitRange", "l", { spec: { limits } }, "n");
const forgetLimits = () => at.admin("DELETE", `${inN}/limitranges/l`);

test("zone and region of the node come onto a pod with its binding", async () => {
  is(await at.admin("POST", `${inN}/pods`, pod("bound", {}, { labels: { mine: "y", "topology.kubernetes.io/zone": "wrong" } })), 201);
  const target = { kind: "Node", name: "linux" };
  is(await at.admin("POST", `${inN}/pods/bound/binding`, { apiVersion: "v1", kind: "Binding", metadata: { name: "bound" }, target }), 201);
  const { labels } = (await at.admin("GET", `${inN}/pods/bound`)).object.metadata;
  assert.deepEqual(labels, { mine: "y", "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r" });
  is(await at.admin("POST", `${inN}/pods`, pod("placed", { nodeName: "linux" })), 201);
  assert.equal((await at.admin("GET", `${inN}/pods/placed`)).object.metadata.labels["topology.kubernetes.io/region"], "r");
});

test("a resize must fit the node, and the node must be able to do it", async () => {
  const sized = (cpu: string, memory: string) => ({ containers: [{ name: "c", image: "i", resources: resources({ cpu, memory }) }] });
  for (const [name, nodeName] of [
    ["small", "linux"],
    ["glass", "windows"],
    ["lost", "gone"],
  ] as const)
    is(await at.admin("POST", `${inN}/pods`, pod(name, { ...sized("1", "100Mi"), nodeName })), 201);
  const resize = (name: string, cpu: string, memory: string) =>
    at.admin("PATCH:strategic", `${inN}/pods/${name}/resize`, { spec: sized(cpu, memory) });
  is(await resize("small", "2", "1Gi"), 200);
  const big = await resize("small", "2001m", "2Gi");
  is(
    big,
    403,
    'pods "small" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 2001, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824',
  );
  assert.deepEqual(big.object.details.causes, [{ reason: "NodeCapacity" }]);
  is(
    await resize("glass", "2", "100Mi"),
    403,
    'pods "glass" is forbidden: pod resize is only supported on linux nodes, node "windows" is "windows"',
  );
  is(await resize("lost", "2", "100Mi"), 403, 'pods "lost" is forbidden: node "gone" not found');
});

test("limits hold for containers, pods with their sidecars, claims, and what a resize makes of them", async () => {
  await limitRange(
    {
      type: "Container",
      default: { cpu: "500m" },
      defaultRequest: { cpu: "200m", memory: "50Mi" },
      max: { cpu: "1" },
      min: { memory: "10Mi" },
    },
    { type: "Pod", max: { cpu: "1500m" } },
    { type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } },
  );
  const made = await at.admin("POST", `${inN}/pods`, pod("defaulted", { initContainers: [{ name: "i", image: "i" }] }));
  is(made, 201);
  assert.equal(
    made.object.metadata.annotations["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu, memory request for container c; cpu limit for container c; cpu, memory request for init container i; cpu limit for init container i",
  );
  assert.deepEqual(made.object.spec.containers[0].resources, { limits: { cpu: "500m" }, requests: { cpu: "200m", memory: "50Mi" } });
  const of = (requests: object, limits: object) => ({ containers: [{ name: "c", image: "i", resources: resources(requests, limits) }] });
  is(
    await at.admin("POST", `${inN}/pods`, pod("over", of({ memory: "5Mi" }, { cpu: "1100m" }))),
    403,
    'pods "over" is forbidden: [minimum memory usage per Container is 10Mi, but request is 5Mi, maximum cpu usage per Container is 1, but limit is 1100m]',
  );
  const sidecar = { name: "s", image: "i", restartPolicy: "Always", resources: resources(undefined, { cpu: "1" }) };
  is(
    await at.admin("POST", `${inN}/pods`, pod("together", { ...of({}, { cpu: "1" }), initContainers: [sidecar] })),
    403,
    'pods "together" is forbidden: maximum cpu usage per Pod is 1500m, but limit is 2',
  );
  const claim = (storage: string) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `c-${storage.toLowerCase()}` },
    spec: { accessModes: ["ReadWriteOnce"], resources: resources({ storage }) },
  });
  is(
    await at.admin("POST", `${inN}/persistentvolumeclaims`, claim("5Gi")),
    403,
    'persistentvolumeclaims "c-5gi" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
  );
  is(
    await at.admin("POST", `${inN}/persistentvolumeclaims`, claim("1Mi")),
    403,
    'persistentvolumeclaims "c-1mi" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi',
  );
  is(await at.admin("POST", `${inN}/persistentvolumeclaims`, claim("2Gi")), 201);
  is(
    await at.admin("PATCH:strategic", `${inN}/pods/defaulted/resize`, { spec: of({ cpu: "200m" }, { cpu: "1200m" }) }),
    403,
    'pods "defaulted" is forbidden: maximum cpu usage per Container is 1, but limit is 1200m',
  );
  await forgetLimits();
});

test("external IPs are for those who may use them, or for nobody, or for all", async () => {
  const service = (name: string) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: 1 }], externalIPs: ["203.0.113.7"] },
  });
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/n/rolebindings";
  const editor = async () => {
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ed" }];
    await at.admin("POST", rbac, { metadata: { name: "ed" }, roleRef, subjects });
  };
  const denied = (name: string) => `services "${name}" is forbidden: Use of external IPs is denied by admission control`;
  await editor();
  is(await at.ask("ed", "POST", `${inN}/services`, service("a")), 403, denied("a"));
  is(await at.admin("POST", `${inN}/services`, service("a")), 201);
  is(await at.ask("ed", "PATCH:merge", `${inN}/services/a`, { metadata: { labels: { x: "y" } } }), 200);
  is(await at.ask("ed", "PATCH:merge", `${inN}/services/a`, { spec: { externalIPs: ["203.0.113.8"] } }), 403, denied("a"));
  await withPlugins({ enable: ["DenyServiceExternalIPs"] }, async () =>
    is(await at.admin("POST", `${inN}/services`, service("a")), 403, denied("a")),
  );
  await withPlugins({ disable: ["DenyServiceExternalIPs"] }, async () => {
    await editor();
    is(await at.ask("ed", "POST", `${inN}/services`, service("a")), 201);
  });
});

test("plugins that are asked for: images, namespaces, denial", async () => {
  await withPlugins({ enable: ["AlwaysPullImages"] }, async () => {
    const made = await at.admin("POST", `${inN}/pods`, pod("p", { containers: [{ name: "c", image: "i:1", imagePullPolicy: "Never" }] }));
    assert.equal(made.object.spec.containers[0].imagePullPolicy, "Always");
  });
  await withPlugins({ enable: ["NamespaceAutoProvision"] }, async () => {
    is(await at.admin("POST", `${core}/namespaces/new/configmaps`, { metadata: { name: "c" } }), 201);
    is(await at.admin("GET", `${core}/namespaces/new`), 200);
  });
  await withPlugins({ enable: ["AlwaysDeny"] }, async () =>
    is(
      await at.admin("POST", `${inN}/configmaps`, { metadata: { name: "c" } }),
      403,
      'configmaps "c" is forbidden: admission control is denying all modifications',
    ),
  );
});

test("plugins that are asked for: where pods may run", async () => {
  const annotations = {
    "scheduler.alpha.kubernetes.io/node-selector": "env=test",
    "scheduler.alpha.kubernetes.io/defaultTolerations": '[{"key":"a","operator":"Exists"}]',
    "scheduler.alpha.kubernetes.io/tolerationsWhitelist":
      '[{"key":"a","operator":"Exists"},{"key":"example.com/gpu","operator":"Exists"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists"},{"operator":"Exists","effect":"NoExecute"}]',
  };
  const enable = ["PodNodeSelector", "PodTolerationRestriction", "ExtendedResourceToleration", "LimitPodHardAntiAffinityTopology"];
  await withPlugins(
    { enable },
    async () => {
      const gpu = { "example.com/gpu": "1" };
      const made = await at.admin(
        "POST",
        `${inN}/pods`,
        pod("p", { containers: [{ name: "c", image: "i", resources: resources(gpu, gpu) }] }),
      );
      is(made, 201);
      assert.deepEqual(made.object.spec.nodeSelector, { env: "test" });
      assert.deepEqual(
        made.object.spec.tolerations.filter(({ effect }: { effect?: string }) => effect !== "NoExecute"),
        [
          { key: "a", operator: "Exists" },
          { key: "example.com/gpu", operator: "Exists", effect: "NoSchedule" },
        ],
      );
      is(
        await at.admin("POST", `${inN}/pods`, pod("q", { nodeSelector: { env: "prod" } })),
        403,
        'pods "q" is forbidden: pod node label selector conflicts with its namespace node label selector',
      );
      is(
        await at.admin("POST", `${inN}/pods`, pod("q", { tolerations: [{ key: "b", operator: "Exists" }] })),
        403,
        'pods "q" is forbidden: pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
      );
      const term = { topologyKey: "topology.kubernetes.io/zone", labelSelector: { matchLabels: { a: "b" } } };
      is(
        await at.admin(
          "POST",
          `${inN}/pods`,
          pod("q", { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }),
        ),
        403,
        'pods "q" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
      );
    },
    annotations,
  );
});

test("plugins that are asked for: owners need the right to delete, blocking ones the right to their finalizers", async () => {
  await withPlugins({ enable: ["OwnerReferencesPermissionEnforcement"] }, async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const rules = [{ verbs: ["create", "update", "patch"], apiGroups: [""], resources: ["configmaps"] }];
    await at.admin("POST", `${rbac}/clusterroles`, { metadata: { name: "w" }, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "w" };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "wes" }];
    await at.admin("POST", `${rbac}/clusterrolebindings`, { metadata: { name: "w" }, roleRef, subjects });
    const owner = (more: object = {}) => [{ apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u", ...more }];
    const wes = plainUser("wes");
    is(await at.ask(wes, "POST", `${inN}/configmaps`, { metadata: { name: "a", ownerReferences: owner() } }), 201);
    is(
      await at.ask(wes, "POST", `${inN}/configmaps`, { metadata: { name: "b", ownerReferences: owner({ blockOwnerDeletion: true }) } }),
      403,
      'configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    );
    is(
      await at.ask(wes, "PATCH:merge", `${inN}/configmaps/a`, { metadata: { ownerReferences: [] } }),
      403,
      'configmaps "a" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>',
    );
    is(await at.admin("PATCH:merge", `${inN}/configmaps/a`, { metadata: { ownerReferences: owner({ blockOwnerDeletion: true }) } }), 200);
  });
});

test("plugins that are asked for: events beyond a rate are refused, and taken again later", async () => {
  const limits = [{ type: "Namespace" as const, qps: 1, burst: 2 }];
  await withPlugins({ enable: ["EventRateLimit"], config: { eventRateLimit: { limits } } }, async () => {
    const event = (name: string) => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: "n" },
      involvedObject: { kind: "Pod", namespace: "n", name: "p" },
    });
    is(await at.admin("POST", `${inN}/events`, event("a")), 201);
    is(await at.admin("POST", `${inN}/events`, event("b")), 201);
    is(await at.admin("POST", `${inN}/events`, event("c")), 429, "limit reached on type Namespace for key n");
    await at.clock.advance(1000);
    is(await at.admin("POST", `${inN}/events`, event("c")), 201);
  });
});
