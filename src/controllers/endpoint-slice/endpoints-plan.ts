/** The older form of the same facts: one Endpoints object a Service, addresses grouped by equal ports. Pure. */
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service } from "#api/mod.ts";
import { isReady } from "../pods.ts";
import { hasEndpoint, headlessLabel, targetPort } from "./plan.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";

export function planEndpoints(service: Service, pods: readonly Pod[], current: Endpoints | undefined): Endpoints | undefined {
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const pod of pods) {
    if (!hasEndpoint(pod)) continue;
    const leaving = pod.metadata.deletionTimestamp !== undefined;
    const all = service.spec?.publishNotReadyAddresses === true;
    if (leaving && !all) continue;
    const ports: EndpointPort[] = [];
    for (const port of service.spec?.ports ?? []) {
      const number = targetPort(port, pod);
      if (number !== undefined)
        ports.push({
          ...(port.name ? { name: port.name } : {}),
          port: number,
          protocol: port.protocol ?? "TCP",
          ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
        });
    }
    ports.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (ports.length === 0 && service.spec?.clusterIP !== "None") continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    const hostname = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {};
    const address: EndpointAddress = {
      ip: pod.status!.podIP,
      ...hostname,
      ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: { kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    };
    (all || isReady(pod) ? group.ready : group.notReady).push(address);
  }
  const byIp = (a: EndpointAddress, b: EndpointAddress) => ((a.ip ?? "") < (b.ip ?? "") ? -1 : 1);
  const subsets: EndpointSubset[] = [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready.sort(byIp) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIp) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
  const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: "endpoint-controller" };
  if (service.spec?.clusterIP === "None") labels[headlessLabel] = "";
  const next: Endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...(current?.metadata ?? { name: service.metadata.name, namespace: service.metadata.namespace }), labels },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
  const of = (endpoints: Endpoints) => JSON.stringify([Object.entries(endpoints.metadata.labels ?? {}).sort(), endpoints.subsets ?? []]);
  return current && of(current) === of(next) ? undefined : next;
}
