/** A pod of a file on the node: read, defaulted and checked as the API would, named after its node, with an identity that follows its words. */
import { createHash } from "node:crypto";
import { applyDefaults, builtInKinds, decode, type Pod, statusOfInvalid, type Volume, validateCreate } from "#api/mod.ts";
import { readYaml } from "#codec/mod.ts";

export const hashAnnotation = "kubernetes.io/config.hash";
export const mirrorAnnotation = "kubernetes.io/config.mirror";
const sourceAnnotation = "kubernetes.io/config.source";

/** Throws what is wrong with it. */
export function readManifest(text: string, file: string, nodeName: string): Pod {
  const pod = decoded(text, file);
  const { metadata } = pod;
  if (!metadata.name) throw new Error("invalid pod: name is needed for the pod");
  const uid =
    metadata.uid ||
    createHash("md5")
      .update(JSON.stringify([pod, nodeName, file]))
      .digest("hex");
  const own: Pod = {
    ...pod,
    metadata: {
      ...metadata,
      uid,
      name: `${metadata.name}-${nodeName.toLowerCase()}`,
      namespace: metadata.namespace || "default",
      annotations: { ...metadata.annotations, [hashAnnotation]: uid, [sourceAnnotation]: "file" },
    },
    spec: { ...pod.spec, nodeName, tolerations: [...(pod.spec?.tolerations ?? []), { operator: "Exists", effect: "NoExecute" }] },
    status: { phase: "Pending" },
  };
  const served = podKind();
  applyDefaults(served, own);
  const problems = validateCreate(served, own);
  if (problems.length > 0) throw new Error(`invalid pod: ${statusOfInvalid("Pod", "", own.metadata.name ?? "", problems).message}`);
  const refers = apiReference(own);
  if (refers) throw new Error(`static pods may not reference ${refers}`);
  return own;
}

const podKind = () => builtInKinds.find(({ id }) => id === "pods")!;

function decoded(text: string, file: string): Pod {
  const { value } = readYaml(text);
  const { kind, apiVersion } = (value ?? {}) as { kind?: string; apiVersion?: string };
  if (kind !== "Pod" || apiVersion !== "v1")
    throw new Error(`${file}: couldn't parse as pod(invalid pod: ${apiVersion ?? ""} ${kind ?? ""}), please check config file`);
  const { value: pod, unknown } = decode(podKind().schema, value);
  if (unknown.length > 0)
    throw new Error(`${file}: strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(", ")}`);
  return { ...(pod as unknown as Pod), apiVersion: "v1", kind: "Pod" };
}

/** The first of the API's objects that it refers to: a static pod must do without them. In upstream's words. */
function apiReference({ spec }: Pod): string | undefined {
  if (spec?.serviceAccountName) return "serviceaccounts";
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const sources = containers.flatMap(({ env = [], envFrom = [] }) => [...env.map(({ valueFrom }) => valueFrom ?? {}), ...envFrom]);
  const has = (...names: string[]) =>
    sources.some((source) => names.some((name) => name in source && (source as Record<string, unknown>)[name]));
  if ((spec?.imagePullSecrets ?? []).length > 0 || has("secretKeyRef", "secretRef")) return "secrets";
  if (has("configMapKeyRef", "configMapRef")) return "configmaps";
  if (spec?.resourceClaims?.length) return "resourceclaims";
  for (const volume of spec?.volumes ?? []) {
    const found = volumeReference(volume);
    if (found) return found;
  }
  return undefined;
}

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return "configmaps (via configmap volumes)";
  if (volume.secret) return "secrets (via secret volumes)";
  if (volume.csi) return "csidrivers (via CSI volumes)";
  if (volume.persistentVolumeClaim) return "persistentvolumeclaims";
  if (volume.ephemeral) return "persistentvolumeclaims (via ephemeral volumes)";
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap) return "configmaps (via projected volumes)";
    if (source.secret) return "secrets (via projected volumes)";
    if (source.serviceAccountToken) return "serviceaccounts (via projected volumes)";
    if (source.clusterTrustBundle) return "clustertrustbundles";
  }
  return undefined;
}
