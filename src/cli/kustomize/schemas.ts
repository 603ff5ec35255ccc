/** What kustomize knows of kinds: the built-in ones, as of the Kubernetes 1.21 that it carries, and those of an `openapi.path` document. */
import { apiVersionOf, type Gvk, knownKinds } from "./ids.ts";
import type { Known } from "./merge.ts";

const inContainers = ["containers", "initContainers", "ephemeralContainers"];

/** Lists of a pod's spec that merge, with the keys of their elements. */
const ofPodSpec: Record<string, readonly string[]> = {
  ...Object.fromEntries(
    inContainers.flatMap((list) => [
      [list, ["name"]],
      [`${list}.env`, ["name"]],
      [`${list}.ports`, ["containerPort", "protocol"]],
      [`${list}.volumeDevices`, ["devicePath"]],
      [`${list}.volumeMounts`, ["mountPath"]],
    ]),
  ),
  hostAliases: ["ip"],
  imagePullSecrets: ["name"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
  volumes: ["name"],
};

const podSpecs: Record<string, string> = {
  Pod: "spec",
  PodTemplate: "template.spec",
  CronJob: "spec.jobTemplate.spec.template.spec",
  ...Object.fromEntries(
    ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController", "Job"].map((kind) => [kind, "spec.template.spec"]),
  ),
};

/** Other lists, by kind and path. */
const ofKinds: Record<string, Record<string, readonly string[]>> = {
  ComponentStatus: { conditions: ["type"] },
  CSINode: { "spec.drivers": ["name"] },
  MutatingWebhookConfiguration: { webhooks: ["name"] },
  Node: { "spec.podCIDRs": [], "status.addresses": ["type"] },
  Pod: { "status.podIPs": ["ip"] },
  Service: { "spec.ports": ["port", "protocol"] },
  ServiceAccount: { secrets: ["name"] },
  ValidatingWebhookConfiguration: { webhooks: ["name"] },
};

/** Undefined for kinds without a schema: their lists are replaced. */
export function builtInSchema(gvk: Gvk): Known | undefined {
  return knownKinds.has(`${apiVersionOf(gvk)} ${gvk.kind}`) ? at(gvk.kind!, "") : undefined;
}

function at(kind: string, path: string): Known {
  const mergeKeys = keysOf(kind, path);
  return {
    ...(mergeKeys ? { mergeKeys } : {}),
    field: (name) => at(kind, name === "[]" ? path : path === "" ? name : `${path}.${name}`),
  };
}

export function keysOf(kind: string, path: string): readonly string[] | undefined {
  if (/(^|\.)metadata\.finalizers$/.test(path)) return [];
  if (/(^|\.)metadata\.ownerReferences$/.test(path)) return ["uid"];
  if (/(^|\.)status\.conditions$/.test(path)) return ["type"];
  const own = ofKinds[kind]?.[path];
  const spec = podSpecs[kind];
  if (own || spec === undefined || !path.startsWith(`${spec}.`)) return own;
  const below = path.slice(spec.length + 1);
  return Object.hasOwn(ofPodSpec, below) ? ofPodSpec[below] : undefined;
}

type Rules = { patchStrategy?: string; patchMergeKey?: string; listMapKeys?: readonly string[] };

function merging(rules: Rules): { mergeKeys?: readonly string[] } {
  if (!rules.patchStrategy?.split(",").includes("merge")) return {};
  const { patchMergeKey, listMapKeys } = rules;
  if (patchMergeKey && listMapKeys && listMapKeys.length > 1) return { mergeKeys: listMapKeys };
  return { mergeKeys: patchMergeKey ? [patchMergeKey] : [] };
}

interface OpenApiNode {
  $ref?: string;
  properties?: Record<string, OpenApiNode>;
  items?: OpenApiNode;
  additionalProperties?: OpenApiNode | boolean;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

/** Kinds of a document that `openapi.path` names, by `apiVersion kind`. */
export function openApiSchemas(document: unknown): Map<string, Known> {
  const definitions = ((document as { definitions?: Record<string, OpenApiNode> } | null)?.definitions ?? {}) as Record<
    string,
    OpenApiNode
  >;
  const resolve = (node: OpenApiNode | undefined): OpenApiNode | undefined =>
    node?.$ref ? resolve(definitions[node.$ref.slice(node.$ref.lastIndexOf("/") + 1)]) : node;
  const known = (node: OpenApiNode): Known => ({
    ...merging({
      patchStrategy: node["x-kubernetes-patch-strategy"],
      patchMergeKey: node["x-kubernetes-patch-merge-key"],
      listMapKeys: node["x-kubernetes-list-map-keys"],
    }),
    field: (name) => {
      const member = name === "[]" ? node.items : (node.properties?.[name] ?? additional(node));
      const resolved = resolve(member);
      return resolved && known({ ...resolved, ...(member?.$ref ? strategies(member) : {}) });
    },
  });
  const found = new Map<string, Known>();
  for (const definition of Object.values(definitions))
    for (const gvk of definition["x-kubernetes-group-version-kind"] ?? []) found.set(`${apiVersionOf(gvk)} ${gvk.kind}`, known(definition));
  return found;
}

const additional = (node: OpenApiNode) => (typeof node.additionalProperties === "object" ? node.additionalProperties : undefined);

function strategies(node: OpenApiNode): OpenApiNode {
  return Object.fromEntries(Object.entries(node).filter(([key]) => key.startsWith("x-kubernetes-")));
}
