/** The addresses behind a route's Service and port. Pure. */
import type { EndpointSlice, Service, ServicePort } from "#api/mod.ts";

export interface Endpoint {
  ip: string;
  port: number;
}

/** Sorted, or why there can be none; an empty list: there are none now. */
export type Endpoints = { list: Endpoint[] } | { problem: string };

export function endpointsOf(service: Service | undefined, port: number | string, slices: readonly EndpointSlice[]): Endpoints {
  if (!service) return { problem: "the Service does not exist" };
  // Its name could lead anywhere, to this machine's own ports too.
  if (service.spec?.type === "ExternalName") return { problem: "the Service is of type ExternalName, which has no endpoints" };
  const own = service.spec?.ports?.find((each) => (typeof port === "string" ? each.name === port : each.port === port));
  if (!own) return { problem: `the Service has no port ${port}` };
  if ((own.protocol ?? "TCP") !== "TCP") return { problem: `port ${port} of the Service is ${own.protocol}, not TCP` };
  // Endpoints of two families are in both: those of the first are enough.
  const family = service.spec?.ipFamilies?.[0] ?? "IPv4";
  return {
    list: usable(
      slices.filter(({ addressType }) => addressType === family),
      own,
    ),
  };
}

/** Ready ones; failing those, the ones that still serve while they terminate. */
function usable(slices: readonly EndpointSlice[], { name = "" }: ServicePort): Endpoint[] {
  const ready = new Map<string, Endpoint>();
  const leaving = new Map<string, Endpoint>();
  for (const slice of slices) {
    const port = slice.ports?.find((each) => (each.name ?? "") === name && (each.protocol ?? "TCP") === "TCP")?.port;
    if (!port) continue;
    for (const { addresses, conditions = {} } of slice.endpoints ?? []) {
      const ip = addresses?.[0];
      if (!ip) continue;
      if (conditions.ready !== false) ready.set(`${ip}:${port}`, { ip, port });
      else if (conditions.serving && conditions.terminating) leaving.set(`${ip}:${port}`, { ip, port });
    }
  }
  const chosen = ready.size > 0 ? ready : leaving;
  return [...chosen.keys()].sort().map((key) => chosen.get(key)!);
}
