/** What a namespace makes of the pods in it: node selectors and tolerations that they get, and those that they may have. */
import { type Namespace, namespaces, type Pod, semanticEqual, type Toleration } from "#api/mod.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { notFound } from "../request/errors.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

function namespaceOf(storage: Storage, { namespace: name }: Attributes): Namespace {
  const found = storage.get(namespaces, { name });
  if (!found) throw notFound({ group: "", resource: "namespaces" }, name);
  return found as Namespace;
}

/** `clusterDefaultNodeSelector` and, by namespace, what pods there may select at most, as `key=value,…`. */
export type NodeSelectorConfig = Readonly<Record<string, string>>;

/** Pods of a namespace run where the namespace's annotation says. */
export function podNodeSelector(storage: Storage, config: NodeSelectorConfig = {}): AdmissionPlugin {
  const namespaceSelector = (attributes: Attributes) =>
    labelMap(
      namespaceOf(storage, attributes).metadata.annotations?.["scheduler.alpha.kubernetes.io/node-selector"] ??
        config.clusterDefaultNodeSelector ??
        "",
    );
  const conflicts = "pod node label selector conflicts with its namespace node label selector";
  return {
    name: "PodNodeSelector",
    matches: [on("", "pods", "CREATE")],
    admit(attributes) {
      const spec = ((attributes.object as Pod).spec ??= {});
      const wanted = namespaceSelector(attributes);
      if (differ(wanted, spec.nodeSelector)) throw refused(attributes, conflicts);
      if (Object.keys(wanted).length > 0) spec.nodeSelector = { ...wanted, ...spec.nodeSelector };
    },
    validate(attributes) {
      const own = (attributes.object as Pod).spec?.nodeSelector ?? {};
      if (differ(namespaceSelector(attributes), own)) throw refused(attributes, conflicts);
      const allowed = labelMap(config[attributes.namespace] ?? "");
      if (Object.keys(allowed).length > 0 && Object.entries(own).some(([key, value]) => allowed[key] !== value))
        throw refused(attributes, "pod node label selector labels conflict with its namespace whitelist");
    },
  };
}

function labelMap(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(pairs.map((pair) => pair.split(/==?/).map((part) => part.trim())));
}

const differ = (a: Record<string, string>, b: Record<string, string> = {}) =>
  Object.entries(a).some(([key, value]) => b[key] !== undefined && b[key] !== value);

/** Tolerations for pods of namespaces that say nothing of their own. */
export interface TolerationConfig {
  default?: readonly Toleration[];
  whitelist?: readonly Toleration[];
}

/** Pods of a namespace get its default tolerations, and may have no others than it lists. */
export function podTolerationRestriction(storage: Storage, config: TolerationConfig = {}): AdmissionPlugin {
  const noted = (attributes: Attributes, what: string): readonly Toleration[] | undefined => {
    const text = namespaceOf(storage, attributes).metadata.annotations?.[`scheduler.alpha.kubernetes.io/${what}`];
    if (text === undefined) return undefined;
    if (text === "") return [];
    try {
      return JSON.parse(text) as Toleration[];
    } catch (error) {
      throw refused(attributes, `the namespace's ${what} cannot be read: ${(error as Error).message}`);
    }
  };
  return {
    name: "PodTolerationRestriction",
    matches: [on("", "pods", "CREATE", "UPDATE")],
    admit(attributes) {
      const spec = ((attributes.object as Pod).spec ??= {});
      const more = attributes.operation === "CREATE" ? [...(noted(attributes, "defaultTolerations") ?? config.default ?? [])] : [];
      if (!isBestEffort(attributes.object as Pod))
        more.push({ key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" });
      if (more.length > 0) spec.tolerations = merged([...(spec.tolerations ?? []), ...structuredClone(more)]);
    },
    validate(attributes) {
      const own = (attributes.object as Pod).spec?.tolerations ?? [];
      const listed = noted(attributes, "tolerationsWhitelist");
      const allowed = listed ?? config.whitelist ?? [];
      if (allowed.length === 0 || own.every((toleration) => allowed.some((each) => covers(each, toleration)))) return;
      const scope = listed ? "namespace" : "cluster";
      throw refused(
        attributes,
        `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`,
      );
    },
  };
}

const isBestEffort = ({ spec }: Pod) =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].every(({ resources }) =>
    [resources?.requests, resources?.limits].every((list) => !list?.cpu && !list?.memory),
  );

/** Of two tolerations of which one covers the other only the wider stays. */
function merged(all: Toleration[]): Toleration[] {
  const kept: Toleration[] = [];
  for (const [i, one] of all.entries()) {
    const isCovered =
      kept.some((other) => covers(other, one)) || all.slice(i + 1).some((other) => !semanticEqual(one, other) && covers(other, one));
    if (!isCovered) kept.push(one);
  }
  return kept;
}

function covers(wide: Toleration, narrow: Toleration): boolean {
  if (semanticEqual(wide, narrow)) return true;
  if (narrow.key !== wide.key && (wide.key || wide.operator !== "Exists")) return false;
  if (narrow.effect !== wide.effect && wide.effect) return false;
  if (wide.effect === "NoExecute" && wide.tolerationSeconds !== undefined)
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false;
  return (
    wide.operator === "Exists" || ((wide.operator ?? "Equal") === "Equal" && narrow.operator === "Equal" && narrow.value === wide.value)
  );
}
