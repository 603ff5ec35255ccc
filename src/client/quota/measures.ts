/** How much of a quota one object uses, kind by kind; asked at admission and by the controller that counts anew. */
import type { KubeObject, PersistentVolumeClaim, Pod, ScopedResourceSelectorRequirement, Service } from "#api/mod.ts";
import { compareQuantity, matchesLabels, parseQuantity, type Quantity } from "#codec/mod.ts";
import { type Amounts, addAmounts, amounts } from "./pod-totals.ts";
import { isActivePod, isTerminating, podFits, podMeasures, podUsage, unsaid } from "./pods.ts";

export interface Measure {
  /** `pods`, `deployments.apps`. */
  id: string;
  /** Whether it is this kind that a bound of the name is about. */
  measures(name: string): boolean;
  usage(object: KubeObject, nowMs: number): Amounts;
  /** Whether the object is within a scope; most kinds are in none. */
  fits(scope: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  /** What an object must say because one of the names is bounded, and does not. */
  unsaid?(names: readonly string[], object: KubeObject): string | undefined;
  /** Whether this change of an object is admitted by quota; creations always are. */
  changes?(next: KubeObject, old: KubeObject, subresource: string): boolean;
  /** Whether this change of an object frees something. */
  frees?(next: KubeObject, old: KubeObject, nowMs: number): boolean;
}

const one: Quantity = parseQuantity("1");
const none: Quantity = parseQuantity("0");
const nowhere = () => false;

/** Never stored, or never bounded. */
const ignored = new Set([
  "bindings",
  "componentstatuses",
  "tokenreviews.authentication.k8s.io",
  "selfsubjectreviews.authentication.k8s.io",
  "subjectaccessreviews.authorization.k8s.io",
  "selfsubjectaccessreviews.authorization.k8s.io",
  "localsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectrulesreviews.authorization.k8s.io",
  "events",
  "events.events.k8s.io",
]);
/** Counted under their own name as well as under `count/`. */
const plainCounts = new Set(["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]);

const pods: Measure = {
  id: "pods",
  measures: (name) => name === "count/pods" || podMeasures(name),
  usage: (pod, nowMs) => (isActivePod(pod as Pod, nowMs) ? addAmounts(podUsage(pod as Pod), counted("pods")) : counted("pods")),
  fits: (scope, pod) => podFits(scope, pod as Pod),
  unsaid: (names, pod) => unsaid(names, pod as Pod),
  changes: (next, old, subresource) =>
    subresource === "resize" || (subresource === "" && isTerminating(next as Pod) !== isTerminating(old as Pod)),
  frees: (next, old, nowMs) =>
    isTerminating(next as Pod) !== isTerminating(old as Pod) ||
    (isActivePod(old as Pod, nowMs) && !isActivePod(next as Pod, nowMs)) ||
    givenTo(next as Pod) !== givenTo(old as Pod),
};

/** What the node gives the containers, as one text. */
const givenTo = ({ status }: Pod) =>
  JSON.stringify(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map(({ name, resources }) => [name, resources]),
  );

const serviceNames = new Set(["count/services", "services", "services.nodeports", "services.loadbalancers"]);
const services: Measure = {
  id: "services",
  measures: (name) => serviceNames.has(name),
  usage(object) {
    const { spec } = object as Service;
    const ports = spec?.ports ?? [];
    const balanced = spec?.type === "LoadBalancer";
    // Ports are not given out yet: what counts is how many there will be.
    const wanted = balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
    const nodePorts = spec?.type === "NodePort" || balanced ? wanted.length : 0;
    return new Map([
      ["count/services", one],
      ["services", one],
      ["services.loadbalancers", balanced ? one : none],
      ["services.nodeports", parseQuantity(String(nodePorts))],
    ]);
  },
  fits: nowhere,
  changes: (_next, _old, subresource) => subresource === "",
  frees: (next, old) => typeOf(next as Service) !== typeOf(old as Service),
};
const typeOf = ({ spec }: Service) => (spec?.type === "NodePort" || spec?.type === "LoadBalancer" ? spec.type : "");

const ofClass = ".storageclass.storage.k8s.io/";
const claims: Measure = {
  id: "persistentvolumeclaims",
  measures: (name) =>
    name === "count/persistentvolumeclaims" ||
    ["persistentvolumeclaims", "requests.storage"].some((plain) => name === plain || name.endsWith(ofClass + plain)),
  usage(object) {
    const claim = object as PersistentVolumeClaim;
    const storageClass = claim.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? claim.spec?.storageClassName ?? "";
    const plain: [string, Quantity][] = [["persistentvolumeclaims", one]];
    const storage = storageOf(claim);
    if (storage) plain.push(["requests.storage", storage]);
    const classed = storageClass === "" ? [] : plain.map(([name, quantity]) => [storageClass + ofClass + name, quantity] as const);
    return new Map([["count/persistentvolumeclaims", one], ...plain, ...classed]);
  },
  fits({ scopeName, operator, values }, object) {
    if (scopeName !== "VolumeAttributesClass") return false;
    const classes = attributeClasses(object as PersistentVolumeClaim);
    if (operator === "Exists") return classes.length > 0;
    const selector = { requirements: [{ key: scopeName, operator: operator as "In", values: values ?? [] }] };
    return classes.length === 0
      ? matchesLabels(selector, {})
      : classes.some((each) => matchesLabels(selector, { VolumeAttributesClass: each }));
  },
  changes: (next, old, subresource) =>
    subresource === "" || (subresource === "status" && storageChanges(next as PersistentVolumeClaim, old as PersistentVolumeClaim)),
  frees: (next, old) => storageChanges(next as PersistentVolumeClaim, old as PersistentVolumeClaim),
};

/** Whole bytes; a claim that is growing counts with what it has been given already. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = amounts(spec?.resources?.requests).get("storage");
  if (!asked) return undefined;
  const given = amounts(status?.allocatedResources).get("storage");
  return wholeUnits(given && compareQuantity(given, asked) > 0 ? given : asked);
}

const billion = 1_000_000_000n;
function wholeUnits(quantity: Quantity): Quantity {
  const up = quantity.nanos > 0n ? billion - 1n : 0n;
  return { ...quantity, nanos: ((quantity.nanos + up) / billion) * billion };
}

function attributeClasses({ spec, status }: PersistentVolumeClaim): string[] {
  const all = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(all.filter((each) => each !== undefined && each !== ""))] as string[];
}

function storageChanges(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const of = (claim: PersistentVolumeClaim) => `${claim.status?.allocatedResources?.storage} ${attributeClasses(claim).sort().join(" ")}`;
  return of(next) !== of(old);
}

const ofDeviceClass = ".deviceclass.resource.k8s.io/devices";
/** As many devices as one claim can be given. */
const mostDevices = 32;
interface DeviceRequest {
  deviceClassName?: string;
  allocationMode?: string;
  count?: number | string;
}
interface ClaimOfDevices extends KubeObject {
  spec?: { devices?: { requests?: { exactly?: DeviceRequest; firstAvailable?: DeviceRequest[] }[] } };
}
const resourceClaims: Measure = {
  id: "resourceclaims.resource.k8s.io",
  measures: (name) => name === "count/resourceclaims.resource.k8s.io" || name.endsWith(ofDeviceClass),
  usage(object) {
    const usage = counted("resourceclaims.resource.k8s.io");
    for (const { exactly, firstAvailable } of (object as ClaimOfDevices).spec?.devices?.requests ?? []) {
      // Of alternatives the worst for each class.
      const worst = new Map<string, number>();
      for (const request of firstAvailable ?? (exactly ? [exactly] : [])) {
        const name = (request.deviceClassName ?? "") + ofDeviceClass;
        worst.set(name, Math.max(worst.get(name) ?? 0, devicesOf(request)));
      }
      addAmounts(usage, new Map([...worst].map(([name, count]) => [name, parseQuantity(String(count))])));
    }
    return usage;
  },
  fits: nowhere,
  changes: (_next, _old, subresource) => subresource === "",
};

function devicesOf({ allocationMode, count }: DeviceRequest): number {
  if (allocationMode === "All") return mostDevices;
  return allocationMode === "ExactCount" ? Number(count ?? 0) : 0;
}

const counted = (id: string): Amounts => new Map([[`count/${id}`, one]]);

function countOf(id: string): Measure {
  const names = plainCounts.has(id) ? [`count/${id}`, id] : [`count/${id}`];
  return { id, measures: (name) => names.includes(name), usage: () => new Map(names.map((name) => [name, one])), fits: nowhere };
}

const special: readonly Measure[] = [pods, services, claims, resourceClaims];
const plain: readonly Measure[] = [...plainCounts].map(countOf);
const known = new Map([...special, ...plain].map((each) => [each.id, each]));
/** A custom kind may come and go; there are not so many of them. */
const mostKnown = 10_000;

/** Undefined: objects of the kind use nothing. */
export function measureOf(id: string): Measure | undefined {
  if (ignored.has(id)) return undefined;
  let measure = known.get(id);
  if (!measure) {
    measure = countOf(id);
    if (known.size < mostKnown) known.set(id, measure);
  }
  return measure;
}

/** The kinds that the names of a quota's bounds are about. */
export function measuresFor(names: readonly string[]): Measure[] {
  const found = new Set<Measure>();
  for (const name of names) {
    for (const each of [...special, ...plain]) if (each.measures(name)) found.add(each);
    if (name.startsWith("count/")) {
      const measure = measureOf(name.slice("count/".length));
      if (measure) found.add(measure);
    }
  }
  return [...found];
}
