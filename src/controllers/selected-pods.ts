/** Which pods a Service leads to, and what of a pod matters to it: for both forms in which endpoints are published. */
import { type Pod, pods, type Service, type ServicePort, services } from "#api/mod.ts";
import { type Caches, index, keyOf, type Source, via } from "#client/mod.ts";
import { matchesLabels, type Selector, selectorFromMap } from "#codec/mod.ts";
import { isFinished, podsIn, readyOf } from "./pods.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const headlessLabel = "service.kubernetes.io/headless";

const servicesIn = index(services, (service) => [service.metadata.namespace ?? ""]);
const known = new WeakMap<Service, Selector | undefined>();

/** Undefined for Services whose endpoints somebody else keeps. */
function selectorOf(service: Service): Selector | undefined {
  if (known.has(service)) return known.get(service);
  const { selector, type } = service.spec ?? {};
  const made = selector && Object.keys(selector).length > 0 && type !== "ExternalName" ? selectorFromMap(selector) : undefined;
  known.set(service, made);
  return made;
}

export function selectedPods(service: Service, caches: Caches): Pod[] | undefined {
  const selector = selectorOf(service);
  return selector && caches.by(podsIn, service.metadata.namespace ?? "").filter((pod) => matchesLabels(selector, pod.metadata.labels));
}

/** A pod wakes the Services that select it, as it is and as it was, when something changes that they publish. */
export const servicesOfPods: Source = via(
  pods,
  (pod, caches) =>
    caches
      .by(servicesIn, pod.metadata.namespace ?? "")
      .filter((service) => {
        const selector = selectorOf(service);
        return selector && matchesLabels(selector, pod.metadata.labels);
      })
      .map(keyOf),
  ({ old, object }) => !old || !isSame(old, object),
);

function isSame(a: Pod, b: Pod): boolean {
  return (
    a.status?.podIP === b.status?.podIP &&
    a.status?.phase === b.status?.phase &&
    a.spec?.nodeName === b.spec?.nodeName &&
    (a.metadata.deletionTimestamp === undefined) === (b.metadata.deletionTimestamp === undefined) &&
    readyOf(a)?.status === readyOf(b)?.status &&
    JSON.stringify([a.status?.podIPs, a.metadata.labels]) === JSON.stringify([b.status?.podIPs, b.metadata.labels])
  );
}

/** A pod counts while it has an address and has not finished; one that is leaving stays until it is gone. */
export function hasEndpoint(pod: Pod): boolean {
  return Boolean(pod.status?.podIP) && !isFinished(pod);
}

/** A number, or the container port of that name and protocol. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const wanted = port.targetPort;
  if (typeof wanted === "number" && wanted !== 0) return wanted;
  if (typeof wanted !== "string" || wanted === "") return port.port;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars])
    for (const each of container.ports ?? [])
      if (each.name === wanted && (each.protocol ?? "TCP") === (port.protocol ?? "TCP")) return each.containerPort;
  return undefined;
}

export function hostnameOf(pod: Pod, service: Service): string | undefined {
  return pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
}
