/**
 * What the cluster zone says about one Service, by upstream's DNS specification: pure, one Service at a time, so that a
 * change touches only its own names.
 */
import type { EndpointSlice, Service } from "#api/mod.ts";
import { canonical, type Family, familyOf, parseAddress } from "#base/mod.ts";

export type RecordData =
  | { type: "A" | "AAAA"; address: string }
  | { type: "CNAME"; target: string }
  | { type: "NS"; target: string }
  | { type: "SRV"; target: string; port: number; priority: number; weight: number }
  | { type: "TXT"; text: string }
  | { type: "PTR"; target: string };

/** Lower-case name without the last dot → its records. PTR names end in `in-addr.arpa` or `ip6.arpa`. */
export type Names = Map<string, RecordData[]>;

/** How the endpoints of a Service are called. */
export interface Naming {
  /** By their pods, where they have no host name. */
  endpointPodNames?: boolean;
}

export function recordsOf(service: Service, slices: readonly EndpointSlice[], domain: string, naming: Naming = {}): Names {
  const names: Names = new Map();
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
  const { clusterIP, type, externalName } = service.spec ?? {};
  if (type === "ExternalName") add(names, base, { type: "CNAME", target: (externalName ?? "").replace(/\.$/, "") });
  else if (clusterIP && clusterIP !== "None") clusterRecords(names, service, base);
  else headlessRecords(names, service, slices, { base, naming });
  return names;
}

/** One way to reach a port: an address of the Service, or of an endpoint. */
interface Way {
  target: string;
  address: string;
  port: number;
  /** Empty: it has no name, and only the Service's own name leads there. */
  name: string;
  protocol: string;
}

function clusterRecords(names: Names, service: Service, base: string): void {
  const ways: Way[] = [];
  for (const address of service.spec?.clusterIPs ?? [service.spec!.clusterIP!]) {
    add(names, base, addressRecord(address));
    add(names, reverseName(address), { type: "PTR", target: base });
    for (const { name = "", protocol = "TCP", port = 0 } of service.spec?.ports ?? [])
      ways.push({ target: base, address, port, name, protocol });
  }
  addServices(names, base, ways);
}

const mostLabel = 63;
const addressTypes: Readonly<Record<string, Family>> = { IPv4: "IPv4", IPv6: "IPv6" };

/** Without an endpoint to tell of it has no name, as upstream has it: who asks tries the next of its search path. */
function headlessRecords(
  names: Names,
  service: Service,
  slices: readonly EndpointSlice[],
  { base, naming }: { base: string; naming: Naming },
): void {
  const unready = service.spec?.publishNotReadyAddresses === true;
  const seen = new Set<string>();
  const ways: Way[] = [];
  for (const slice of slices) {
    if (!addressTypes[slice.addressType ?? ""]) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses?.[0];
      if (!address || !(unready || endpoint.conditions?.ready !== false)) continue;
      const podName = naming.endpointPodNames ? endpoint.targetRef?.name : undefined;
      const host = endpoint.hostname || (podName && podName.length <= mostLabel ? podName : hostOf(address));
      const name = `${host}.${base}`;
      if (!seen.has(`${host} ${address}`)) {
        seen.add(`${host} ${address}`);
        add(names, base, addressRecord(address));
        add(names, name, addressRecord(address));
        add(names, reverseName(address), { type: "PTR", target: name });
      }
      for (const { name: port = "", protocol = "TCP", port: number } of slice.ports ?? [])
        if (number) ways.push({ target: name, address, port: number, name: port, protocol });
    }
  }
  addServices(names, base, ways);
  for (const [name, own] of Map.groupBy(ways, ({ target }) => target)) addTargets(names, name, own);
}

/** At the Service's own name all ports, at the name of a port that one, and the addresses that have it. */
function addServices(names: Names, base: string, ways: readonly Way[]): void {
  addTargets(names, base, ways);
  const named = ways.filter(({ name }) => name);
  for (const [name, own] of Map.groupBy(named, (way) => `_${way.name}._${way.protocol.toLowerCase()}.${base}`)) {
    addTargets(names, name, own);
    for (const address of new Set(own.map((way) => way.address))) add(names, name, addressRecord(address));
  }
}

/** The ways share what clients are sent. */
function addTargets(names: Names, name: string, ways: readonly Way[]): void {
  const weight = Math.max(1, Math.floor(100 / ways.length));
  const seen = new Set<string>();
  for (const { target, port } of ways) {
    // An endpoint with two addresses is one target.
    if (seen.has(`${target} ${port}`)) continue;
    seen.add(`${target} ${port}`);
    add(names, name, { type: "SRV", target, port, priority: 0, weight });
  }
}

export const addressRecord = (address: string): RecordData => ({
  type: familyOf(address) === "IPv6" ? "AAAA" : "A",
  address: canonical(address),
});

/** `10-244-1-5`, `fd00--5`; a label does not end with a dash. */
const hostOf = (address: string): string => canonical(address).replaceAll(/[.:]/g, "-").replace(/-$/, "-0");

/** The address that such a label means, if it means one. */
export function addressOf(label: string): string | undefined {
  const isV4 = /^\d+-\d+-\d+-\d+$/.test(label);
  const address = label.replaceAll("-", isV4 ? "." : ":");
  return parseAddress(address) ? address : undefined;
}

export function reverseName(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.family !== "IPv6") return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  return `${[...parsed.value.toString(16).padStart(32, "0")].reverse().join(".")}.ip6.arpa`;
}

function add(names: Names, name: string, record: RecordData): void {
  const key = name.toLowerCase();
  const list = names.get(key);
  if (list) list.push(record);
  else names.set(key, [record]);
}
