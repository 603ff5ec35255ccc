/** Rules on pods and the nodes that they run on: their labels, sizes and abilities. */
import { type Node, nodes, type Pod, semanticEqual, type Toleration } from "#api/mod.ts";
import { podTotals } from "#client/mod.ts";
import { compareQuantity, milliValue, parseQuantity, quantityValue } from "#codec/mod.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

const topology = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** Zone and region of the node come onto the pod, with its binding or when it is made for a node. */
export function podTopologyLabels(storage: Storage): AdmissionPlugin {
  const labelsOf = (name: string | undefined): Record<string, string> => {
    const labels = name ? (storage.get(nodes, { name })?.metadata.labels ?? {}) : {};
    return Object.fromEntries(topology.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
  };
  return {
    name: "PodTopologyLabels",
    matches: [on("", "pods", "CREATE"), on("", "pods/binding", "CREATE")],
    admit({ object, subresource }) {
      const { target } = object as { target?: { kind?: string; name?: string } };
      const node = subresource === "binding" ? (target?.kind === "Node" ? target.name : undefined) : (object as Pod).spec?.nodeName;
      const labels = labelsOf(node);
      if (Object.keys(labels).length > 0) object!.metadata = { ...object!.metadata, labels: { ...object!.metadata?.labels, ...labels } };
    },
  };
}

/** A pod that is resized must fit its node, and the node must be able to do it. */
export function podResizeValidator(storage: Storage): AdmissionPlugin {
  return {
    name: "PodResizeValidator",
    matches: [on("", "pods/resize", "UPDATE")],
    validate(attributes) {
      const pod = attributes.object as Pod;
      const name = pod.spec?.nodeName;
      if (!name || attributes.oldObject?.metadata.generation === pod.metadata.generation) return;
      const node = storage.get(nodes, { name }) as Node | undefined;
      if (!node) throw refused(attributes, `node ${JSON.stringify(name)} not found`);
      const os = node.metadata.labels?.["kubernetes.io/os"] ?? "linux";
      if (os !== "linux")
        throw because(
          "UnsupportedPlatform",
          attributes,
          `pod resize is only supported on linux nodes, node ${JSON.stringify(name)} is ${JSON.stringify(os)}`,
        );
      const problem = tooBigFor(node, pod);
      if (problem) throw because("NodeCapacity", attributes, problem);
    },
  };
}

function tooBigFor({ status }: Node, pod: Pod): string | undefined {
  const wanted = podTotals(pod, "requests");
  const lacking = (["cpu", "memory"] as const).flatMap((resource) => {
    const [asked, there] = [wanted.get(resource), parseQuantity(status?.allocatable?.[resource] ?? "0")];
    if (!asked || compareQuantity(asked, there) <= 0) return [];
    const shown = resource === "cpu" ? milliValue : quantityValue;
    return [`${resource}, requested: ${shown(asked)}, allocatable: ${shown(there)}`];
  });
  return lacking.length > 0 ? `node didn't have enough allocatable resources: ${lacking.join("; ")}` : undefined;
}

function because(reason: string, attributes: Attributes, why: string) {
  const error = refused(attributes, why);
  const details = error.status.details!;
  details.causes = [...(details.causes ?? []), { reason }];
  return error;
}

/** What an update needs of its node, by upstream's names: nodes say which of them they have. */
const features: readonly (readonly [name: string, needed: (pod: Pod, before: Pod) => boolean])[] = [
  ["InPlacePodLevelResourcesVerticalScaling", (pod, before) => !semanticEqual(pod.spec?.resources, before.spec?.resources)],
  [
    "InPlacePodVerticalScalingInitContainers",
    (pod, before) =>
      (before.spec?.initContainers ?? []).some(
        (container, i) =>
          container.restartPolicy !== "Always" && !semanticEqual(container.resources, pod.spec?.initContainers?.[i]?.resources),
      ),
  ],
];

export function nodeDeclaredFeatureValidator(storage: Storage): AdmissionPlugin {
  return {
    name: "NodeDeclaredFeatureValidator",
    matches: [on("", "pods", "UPDATE"), on("", "pods/resize", "UPDATE")],
    validate(attributes) {
      const [pod, before] = [attributes.object as Pod, attributes.oldObject as Pod];
      const name = pod.spec?.nodeName;
      if (!name || before.metadata.generation === pod.metadata.generation) return;
      const needed = features.filter(([, isNeeded]) => isNeeded(pod, before)).map(([feature]) => feature);
      if (needed.length === 0) return;
      const node = storage.get(nodes, { name }) as Node | undefined;
      if (!node) throw refused(attributes, `node ${JSON.stringify(name)} not found`);
      const lacking = needed.filter((feature) => !node.status?.declaredFeatures?.includes(feature));
      if (lacking.length > 0)
        throw refused(
          attributes,
          `pod update requires features ${lacking.join(", ")} which are not available on node ${JSON.stringify(name)}`,
        );
    },
  };
}

/** A pod that keeps a required distance to others keeps it by host: wider, it could lock others out of whole zones. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: "LimitPodHardAntiAffinityTopology",
  matches: [on("", "pods", "CREATE", "UPDATE")],
  validate(attributes) {
    const hostname = "kubernetes.io/hostname";
    const terms = (attributes.object as Pod).spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const other = terms.find(({ topologyKey }) => topologyKey !== hostname);
    if (other)
      throw refused(
        attributes,
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey} but only key ${hostname} is allowed`,
      );
  },
};

/** Nodes with a device are kept for those who ask for it: they tolerate the taint that keeps the others off. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: "ExtendedResourceToleration",
  matches: [on("", "pods", "CREATE", "UPDATE")],
  admit({ object }) {
    const spec = ((object as Pod).spec ??= {});
    const asked = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      Object.keys(resources?.requests ?? {}),
    );
    for (const key of [...new Set(asked)].filter(isExtended).sort()) {
      const toleration: Toleration = { key, operator: "Exists", effect: "NoSchedule" };
      const at = (spec.tolerations ?? []).findIndex(
        (each) => each.key === key && each.operator === "Exists" && each.effect === "NoSchedule",
      );
      if (at < 0) spec.tolerations = [...(spec.tolerations ?? []), toleration];
      else spec.tolerations = spec.tolerations!.with(at, toleration);
    }
  },
};

/** `example.com/device`, and neither Kubernetes' own nor a quota's `requests.`. */
const isExtended = (name: string) => name.includes("/") && !name.split("/")[0]!.endsWith("kubernetes.io") && !name.startsWith("requests.");
