/**
 * What the cluster zone says about one Service, by upstream's DNS specification: pure, one Service at a time, so that a
 * change touches only its own names.
 */
import type { EndpointSlice, Service } from "#api/mod.ts";

export type RecordData =
  | { type: "A"; address: string }
  | { type: "CNAME"; target: string }
  | { type: "SRV"; target: string; port: number; priority: number; weight: number }
  | { type: "TXT"; text: string }
  | { type: "PTR"; target: string };

/** Lower-case name without the last dot → its records. PTR names end in `in-addr.arpa`. */
export type Names = Map<string, RecordData[]>;

export function recordsOf(service: Service, slices: readonly EndpointSlice[], domain: string): Names {
  const names: Names = new Map();
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
  const { clusterIP, type, externalName } = service.spec ?? {};
  if (type === "ExternalName") add(names, base, { type: "CNAME", target: (externalName ?? "").replace(/\.$/, "") });
  else if (clusterIP && clusterIP !== "None") clusterRecords(names, service, base);
  else headlessRecords(names, service, slices, base);
  return names;
}

function clusterRecords(names: Names, service: Service, base: string): void {
  for (const address of service.spec?.clusterIPs ?? [service.spec!.clusterIP!]) {
    if (address.includes(":")) continue;
    add(names, base, { type: "A", address });
    add(names, reverseName(address), { type: "PTR", target: base });
  }
  for (const port of service.spec?.ports ?? []) {
    if (!port.name) continue;
    const name = `_${port.name}._${(port.protocol ?? "TCP").toLowerCase()}.${base}`;
    add(names, name, { type: "SRV", target: base, port: port.port ?? 0, priority: 0, weight: 100 });
  }
}

function headlessRecords(names: Names, service: Service, slices: readonly EndpointSlice[], base: string): void {
  names.set(base, []);
  const unready = service.spec?.publishNotReadyAddresses === true;
  const seen = new Set<string>();
  for (const slice of slices) {
    if (slice.addressType !== "IPv4") continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses?.[0];
      if (!address || !(unready || endpoint.conditions?.ready !== false)) continue;
      const host = endpoint.hostname || address.replaceAll(".", "-");
      const name = `${host}.${base}`;
      if (!seen.has(`${host} ${address}`)) {
        seen.add(`${host} ${address}`);
        add(names, base, { type: "A", address });
        add(names, name, { type: "A", address });
        add(names, reverseName(address), { type: "PTR", target: name });
      }
      for (const port of slice.ports ?? []) {
        if (!port.name || !port.port) continue;
        const srv = `_${port.name}._${(port.protocol ?? "TCP").toLowerCase()}.${base}`;
        add(names, srv, { type: "SRV", target: name, port: port.port, priority: 0, weight: 100 });
      }
    }
  }
}

export function reverseName(address: string): string {
  return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
}

function add(names: Names, name: string, record: RecordData): void {
  const key = name.toLowerCase();
  const list = names.get(key);
  if (list) list.push(record);
  else names.set(key, [record]);
}
