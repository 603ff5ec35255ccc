/** What the server knows of EndpointSlice: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { checkDns1123Subdomain, checkLabelValue } from "#codec/mod.ts";
import { addressWarnings } from "../checks/addresses.ts";
import { protocols, validateEndpointIp } from "../checks/endpoint-ip.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { dnsLabel, dnsSubdomain, ipAddress, oneOfOrAbsent, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, atMost, nameOf, unset } from "../tables/cells.ts";
import type { EndpointSlice } from "./endpoint-slice.ts";

export const endpointSliceRules = rules<EndpointSlice>({
  warn: ({ addressType, endpoints = [] }, old) => [
    ...(addressType === "FQDN" && !old ? ["spec.addressType: FQDN endpoints are deprecated"] : []),
    ...(addressType === "FQDN" ? [] : (endpoints ?? [])).flatMap(({ addresses = [] }, i) =>
      (addresses ?? []).flatMap((address, a) => addressWarnings(address, `endpoints[${i}].addresses[${a}]`)),
    ),
  ],
  names: subdomainName,
  ownMeta: "asNew",
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
  const addressType: string = slice.addressType ?? "";
  if (!addressType) problems.required("addressType");
  else if (!types.includes(addressType)) problems.notSupported("addressType", addressType, types);
  validatePorts(slice.ports ?? [], problems);
  validateEndpoints(slice.endpoints ?? [], addressType, problems);
}

const types = ["FQDN", "IPv4", "IPv6"];

function validateEndpoints(endpoints: AnyObject[], addressType: string, problems: Problems): void {
  if (endpoints.length > 1000) return problems.tooMany("endpoints", endpoints.length, 1000);
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
    if (endpoint.nodeName !== undefined) dnsSubdomain(endpoint.nodeName, `${at}.nodeName`, problems);
    if (endpoint.hostname !== undefined) dnsLabel(endpoint.hostname, `${at}.hostname`, problems);
    if (endpoint.hints) validateHints(endpoint.hints, `${at}.hints`, problems);
  }
}

function validatePorts(ports: AnyObject[], problems: Problems): void {
  if (ports.length > 20000) return problems.tooMany("ports", ports.length, 20000);
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `ports[${i}]`;
    const name = port.name ?? "";
    if (name) dnsLabel(name, `${at}.name`, problems);
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    names.add(name);
    if (port.protocol === undefined) problems.required(`${at}.protocol`);
    else oneOfOrAbsent(port.protocol, protocols, `${at}.protocol`, problems);
    if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${at}.appProtocol`, problems);
  }
}

const mostHints = 8;

/** Each list is looked at only while those before it are not too long. */
function validateHints(hints: AnyObject, at: string, problems: Problems): void {
  const checks = { forZones: checkLabelValue, forNodes: checkDns1123Subdomain };
  for (const [key, check] of Object.entries(checks)) {
    const names: string[] = (hints[key] ?? []).map(({ name = "" }: AnyObject) => name);
    if (names.length > mostHints) return problems.tooMany(`${at}.${key}`, names.length, mostHints);
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) < i) problems.duplicate(`${at}.${key}[${i}].name`, name);
      problems.invalids(`${at}.${key}[${i}].name`, name, check(name));
    }
  }
}

function defaultEndpointSlice({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
}
