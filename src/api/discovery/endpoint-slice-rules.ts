/** What the server knows of EndpointSlice: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { checkDns1123Label, checkPortNumber } from "#codec/mod.ts";
import { protocols, validateEndpointIp } from "../checks/endpoint-ip.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { dnsLabel, dnsSubdomain, ipAddress, oneOf, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, atMost, nameOf, unset } from "../tables/cells.ts";
import type { EndpointSlice } from "./endpoint-slice.ts";

export const endpointSliceRules = rules<EndpointSlice>({
  names: subdomainName,
  counts: ["endpoints", "ports", "addressType", "metadata.labels"],
  defaults: defaultEndpointSlice,
  check: {
    create: validateSlice,
    update(slice, old, problems) {
      validateSlice(slice, problems);
      immutable(slice.addressType, old.addressType, "addressType", problems);
    },
  },
  cells: (o, now) => [
    nameOf(o),
    o.addressType,
    o.ports?.length
      ? atMost(
          o.ports.map((port: AnyObject) => String(port.port ?? "*")),
          3,
        )
      : unset,
    o.endpoints?.length
      ? atMost(
          o.endpoints.flatMap((one: AnyObject) => one.addresses ?? []),
          3,
        )
      : unset,
    ageOf(o, now),
  ],
});

function validateSlice(slice: AnyObject, problems: Problems): void {
  const types = ["FQDN", "IPv4", "IPv6"];
  const addressType: string = slice.addressType ?? "";
  const endpoints: AnyObject[] = slice.endpoints ?? [];
  const ports: AnyObject[] = slice.ports ?? [];
  if (!addressType) problems.required("addressType");
  else if (!types.includes(addressType)) problems.notSupported("addressType", addressType, types);
  if (endpoints.length > 1000) problems.tooMany("endpoints", endpoints.length, 1000);
  for (const [i, endpoint] of endpoints.entries()) {
    const at = `endpoints[${i}]`;
    const addresses: string[] = endpoint.addresses ?? [];
    if (addresses.length === 0) problems.required(`${at}.addresses`, "must contain at least 1 address");
    else if (addresses.length > 100) problems.tooMany(`${at}.addresses`, addresses.length, 100);
    for (const [a, address] of addresses.entries()) {
      const where = `${at}.addresses[${a}]`;
      if (addressType === "FQDN") dnsSubdomain(address, where, problems);
      else if (types.includes(addressType)) {
        const family = isIP(address);
        if (family === 0) ipAddress(address, where, problems);
        else {
          if (family !== (addressType === "IPv4" ? 4 : 6))
            problems.invalid(`${at}.addresses`, address, `must be an ${addressType} address`);
          validateEndpointIp(address, where, problems);
        }
      }
    }
    if (endpoint.hostname !== undefined) problems.invalids(`${at}.hostname`, endpoint.hostname, checkDns1123Label(endpoint.hostname));
    if (endpoint.nodeName !== undefined) dnsSubdomain(endpoint.nodeName, `${at}.nodeName`, problems);
  }
  if (ports.length > 20000) problems.tooMany("ports", ports.length, 20000);
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `ports[${i}]`;
    const name = port.name ?? "";
    if (name) dnsLabel(name, `${at}.name`, problems);
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    names.add(name);
    oneOf(port.protocol, protocols, `${at}.protocol`, problems);
    if (port.port !== undefined && port.port !== null) problems.invalids(`${at}.port`, port.port, checkPortNumber(port.port));
    if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${at}.appProtocol`, problems);
  }
}

function defaultEndpointSlice({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
}
