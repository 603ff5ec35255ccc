import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "../kinds.ts";
import type { AnyObject } from "../rules.ts";
import { bodyOf } from "./problems.ts";
import { validateUpdate } from "./validate.ts";

const gated = { name: "gate" };
const term = (key: string) => ({ matchExpressions: [{ key, operator: "Exists" }] });
const affinity = (...terms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
});
const container = { name: "c", image: "i", terminationMessagePolicy: "File", imagePullPolicy: "Always" };
const pod = {
  containers: [container],
  ...{ restartPolicy: "Always", dnsPolicy: "Default", terminationGracePeriodSeconds: 30, schedulingGates: [gated] },
};
const gatedPod = { ...pod, affinity: affinity(term("a")) };
const claim = { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c", allocationMode: "ExactCount", count: 1 } }] } };
const slice = { driver: "d.example.com", nodeName: "n", pool: { name: "p", generation: 1, resourceSliceCount: 1 } };
const spec = (before: object, after: object): [AnyObject, AnyObject] => [{ spec: before }, { spec: after }];

/** Kind, what it was and becomes, and what upstream says of that. */
const table: [string, [AnyObject, AnyObject], RegExp[]][] = [
  ["resourceclaims.resource.k8s.io", spec(claim, {}), [/^spec: Invalid value: .*"Devices":\{"Requests":null.*: field is immutable$/]],
  ["resourceclaims.resource.k8s.io", spec(claim, claim), []],
  [
    "resourceclaimtemplates.resource.k8s.io",
    spec({ spec: claim }, { spec: claim, metadata: { labels: { a: "b" } } }),
    [/^spec: Invalid value: \{"labels":\{"a":"b"\},"Spec":.*: field is immutable$/],
  ],
  [
    "volumeattributesclasses.storage.k8s.io",
    [
      { driverName: "d.example.com", parameters: { a: "b" } },
      { driverName: "e.example.com", parameters: { a: "c" } },
    ],
    [/^driverName: Forbidden: updates to driverName are forbidden\.$/, /^parameters: Forbidden: updates to parameters are forbidden\.$/],
  ],
  [
    "csistoragecapacities.storage.k8s.io",
    [{ storageClassName: "a" }, { storageClassName: "b" }],
    [/^storageClassName: Invalid value: "b": field is immutable$/],
  ],
  [
    "volumeattachments.storage.k8s.io",
    spec(
      { attacher: "a", nodeName: "n", source: { persistentVolumeName: "v" } },
      { attacher: "a", nodeName: "m", source: { persistentVolumeName: "v" } },
    ),
    [
      /^spec: Invalid value: \{"Attacher":"a","Source":\{"PersistentVolumeName":"v","InlineVolumeSpec":null\},"NodeName":"m"\}: field is imm/,
    ],
  ],
  ["resourceslices.resource.k8s.io", spec(slice, slice), []],
  [
    "resourceslices.resource.k8s.io",
    spec(slice, { ...slice, driver: "e.example.com", nodeName: "m", pool: { ...slice.pool, name: "q", generation: 2 } }),
    [
      /^spec\.pool\.name: Invalid value: "q": field is immutable$/,
      /^spec\.driver: Invalid value: "e\.example\.com": field is immutable$/,
      /^spec\.nodeName: Invalid value: "m": field is immutable$/,
    ],
  ],
  [
    "resourceslices.resource.k8s.io",
    spec(slice, { ...slice, nodeName: undefined, allNodes: true }),
    [/^spec\.nodeName: Invalid value: null: field is immutable$/],
  ],
  [
    "resourceslices.resource.k8s.io",
    spec(slice, {
      ...slice,
      devices: [{ name: "d", bindingConditions: ["a", "a"], taints: [{ key: "k", value: "!", effect: "NoSchedule" }] }],
    }),
    [
      /^spec\.devices\[0\]\.taints\[0\]\.value: Invalid value: "!": /,
      /^spec\.devices\[0\]\.bindingConditions\[1\]: Duplicate value: "a"$/,
      /^spec\.devices\[0\]\.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required/,
    ],
  ],
  ["nodes", spec({}, { externalID: "x" }), [/^spec\.externalID: Forbidden: may not be updated$/]],
  [
    "servicecidrs.networking.k8s.io",
    spec({ cidrs: ["10.0.0.0/24"] }, { cidrs: ["10.0.0.0/24", "10.0.1.0/24"] }),
    [/^spec\.cidrs: Invalid value: .*: may specify no more than one IP for each IP family/],
  ],
  [
    "pods",
    spec(pod, { ...pod, schedulerName: "mine" }),
    [/^spec: Forbidden: pod updates[^\n]*\n(.*\n)*- "SchedulerName": "",\n\+ "SchedulerName": "mine",\n/],
  ],
  [
    "pods",
    spec(gatedPod, { ...pod, affinity: affinity({ matchExpressions: [...term("a").matchExpressions, ...term("b").matchExpressions] }) }),
    [],
  ],
  [
    "pods",
    spec(gatedPod, { ...pod, affinity: affinity(term("b")) }),
    [/nodeSelectorTerms\[0\]: Invalid value: .*: only additions are allowed/],
  ],
  [
    "pods",
    spec(gatedPod, { ...pod, affinity: affinity(term("a"), term("b")) }),
    [/nodeSelectorTerms: Invalid value: .*: no additions\/deletions/],
  ],
  ["pods", spec(gatedPod, { ...pod, affinity: { ...affinity(term("a")), podAffinity: {} } }), [/^spec: Forbidden: pod updates/]],
];

for (const [id, [before, after], said] of table)
  test(`${id}: ${said.length === 0 ? "allowed" : said.map(String).join(" and ")}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const metadata = { name: "one", uid: "u", resourceVersion: "1", ...(kind.namespaced && { namespace: "default" }) };
    const whole = (part: AnyObject) => ({ apiVersion: kind.apiVersion, kind: kind.kind, metadata, ...structuredClone(part) });
    const problems = validateUpdate(kind, whole(after), whole(before)).map((error) => `${error.field}: ${bodyOf(error)}`);
    assert.equal(problems.length, said.length, problems.join("\n"));
    for (const [i, text] of said.entries()) assert.match(problems[i]!, text);
  });

const statuses: [string, object, string[]][] = [
  ["poddisruptionbudgets.policy", { disruptionsAllowed: -1, expectedPods: 1 }, ["status.disruptionsAllowed"]],
  [
    "poddisruptionbudgets.policy",
    { conditions: [{ type: "A", status: "Maybe", reason: "1", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    ["status.conditions[0].status", "status.conditions[0].reason"],
  ],
  ["horizontalpodautoscalers.autoscaling", { currentReplicas: -1 }, ["status.currentReplicas"]],
  ["volumeattachments.storage.k8s.io", { attachError: { errorCode: -1 } }, ["status.attachError.errorCode"]],
];

for (const [id, status, fields] of statuses)
  test(`the status of ${id}: ${fields.join(", ")}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const metadata = { name: "one", uid: "u", resourceVersion: "1", ...(kind.namespaced && { namespace: "default" }) };
    const whole = { apiVersion: kind.apiVersion, kind: kind.kind, metadata };
    assert.deepEqual(
      validateUpdate(kind, Object.assign({}, whole, { status }), whole, "status").map(({ field }) => field),
      fields,
    );
  });

const webhook = { name: "a.b.c", sideEffects: "None", clientConfig: { url: "https://a" } };
const hooks: [string, object, string[]][] = [
  ["versions given twice", { admissionReviewVersions: ["v1", "v1"] }, ["webhooks[0].admissionReviewVersions[1]"]],
  [
    "an empty address",
    { admissionReviewVersions: ["v1"], clientConfig: { url: "" } },
    ["webhooks[0].clientConfig.url", "webhooks[0].clientConfig.url"],
  ],
  [
    "resources beside all of them",
    {
      admissionReviewVersions: ["v1"],
      rules: [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["pods/*", "pods/log", "*", "pods"] }],
    },
    ["webhooks[0].rules[0].resources[1]", "webhooks[0].rules[0].resources"],
  ],
];

for (const [what, more, fields] of hooks)
  test(`a webhook configuration with ${what}: ${fields.join(", ")}`, () => {
    const kind = builtInKinds.find((one) => one.id === "validatingwebhookconfigurations.admissionregistration.k8s.io")!;
    const metadata = { name: "one", uid: "u", resourceVersion: "1" };
    const whole = (own: object) => ({ apiVersion: kind.apiVersion, kind: kind.kind, metadata, webhooks: [{ ...webhook, ...own }] });
    assert.deepEqual(
      validateUpdate(kind, whole(more), whole({ admissionReviewVersions: ["v1"] })).map(({ field }) => field),
      fields,
    );
  });

const job = (conditions: Record<string, string>, status: object = {}) => ({
  ...status,
  conditions: Object.entries(conditions).map(([type, value]) => ({ type, status: value })),
});
const time = "2026-01-01T00:00:00Z";
const ended = { Complete: "True", SuccessCriteriaMet: "True" };

/** Status of a job before and after, what its spec has beside, and what is wrong. */
const jobs: [string, object, object, string[], object?][] = [
  ["goes on", {}, { active: 1, startTime: time }, []],
  ["ends", { startTime: time }, job(ended, { startTime: time, completionTime: time }), []],
  ["ends without its time", { startTime: time }, job(ended, { startTime: time }), ["status.completionTime"]],
  [
    "opens again",
    job({ Failed: "True", FailureTarget: "True" }, { startTime: time }),
    { startTime: time },
    ["status.conditions", "status.conditions"],
  ],
  ["counts down", { failed: 2 }, { failed: 1 }, ["status.failed"]],
  ["has more ready than active", {}, { ready: 1 }, ["status.ready"]],
  ["has indexes without being indexed", {}, { completedIndexes: "1" }, ["status.completedIndexes"], { completions: 5 }],
  ["has indexes out of order", {}, { completedIndexes: "3,1" }, ["status.completedIndexes"], { completionMode: "Indexed", completions: 5 }],
];

for (const [what, before, after, fields, more] of jobs)
  test(`the status of a job that ${what}: ${fields.join(", ") || "good"}`, () => {
    const kind = builtInKinds.find((one) => one.id === "jobs.batch")!;
    const metadata = { name: "one", namespace: "default", uid: "u", resourceVersion: "1" };
    const whole = (status: object) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      spec: { completions: 1, parallelism: 2, ...more },
      status,
    });
    assert.deepEqual(
      validateUpdate(kind, whole(after), whole(before), "status").map(({ field }) => field),
      fields,
    );
  });

/** How often upstream says that a uid does not change: by its common rules, and by those of the kind. Recorded from its server. */
const uidTable: [string, number][] = [
  ...["configmaps", "namespaces", "endpoints", "deviceclasses.resource.k8s.io", "certificatesigningrequests.certificates.k8s.io"].map(
    (id): [string, number] => [id, 2],
  ),
  ...["apiservices.apiregistration.k8s.io", "customresourcedefinitions.apiextensions.k8s.io", "events.events.k8s.io"].map(
    (id): [string, number] => [id, 2],
  ),
  ...["limitranges", "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"].map(
    (id): [string, number] => [id, 1],
  ),
  ...["endpointslices.discovery.k8s.io", "validatingwebhookconfigurations.admissionregistration.k8s.io"].map((id): [string, number] => [
    id,
    1,
  ]),
];

for (const [id, times] of uidTable)
  test(`${id}: that a uid does not change is said ${times === 1 ? "once" : "twice"}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const object = (uid: string) => ({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: "a", namespace: "n", uid } });
    const found = validateUpdate(kind, object("new"), object("old")).filter(({ field }) => field === "metadata.uid");
    assert.equal(found.length, times);
  });
