/** What the server knows of Endpoints: defaults, what a write may set, what is refused, what tables show. */
import { checkPortNumber } from "#codec/mod.ts";
import { hasLeadingZeros } from "../checks/addresses.ts";
import { protocols, validateEndpointIp } from "../checks/endpoint-ip.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { dnsLabel, dnsSubdomain, ipAddress, oneOf, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, atMost, nameOf } from "../tables/cells.ts";
import type { Endpoints } from "./endpoints.ts";

export const endpointsRules = rules<Endpoints>({
  names: subdomainName,
  ownMeta: true,
  createOnUpdate: true,
  notice: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  counts: false,
  defaults: defaultEndpoints,
  check: {
    create: validateSubsets,
    update(endpoints, old, problems) {
      metaOfUpdate(endpoints, old, problems);
      metaAsNew(endpoints, problems, { namespaced: true });
      validateSubsets(endpoints, problems);
    },
  },
  cells: (o, now) => [nameOf(o), endpointsOf(o), ageOf(o, now)],
});

function validateSubsets({ subsets = [] }: AnyObject, problems: Problems): void {
  for (const [s, subset] of subsets.entries()) {
    const at = `subsets[${s}]`;
    if (!subset.addresses?.length && !subset.notReadyAddresses?.length)
      problems.required(at, "must specify `addresses` or `notReadyAddresses`");
    for (const list of ["addresses", "notReadyAddresses"])
      for (const [i, address] of (subset[list] ?? []).entries()) {
        const [ip, where] = [address.ip ?? "", `${at}.${list}[${i}].ip`];
        ipAddress(ip, where, problems);
        // What Go once read sloppily is read so here too, and told of above.
        if (!hasLeadingZeros(ip)) validateEndpointIp(ip, where, problems);
        if (address.hostname) dnsLabel(address.hostname, `${at}.${list}[${i}].hostname`, problems);
        if (address.nodeName !== undefined) dnsSubdomain(address.nodeName, `${at}.${list}[${i}].nodeName`, problems);
      }
    const ports: AnyObject[] = subset.ports ?? [];
    for (const [i, port] of ports.entries()) {
      const where = `${at}.ports[${i}]`;
      if (ports.length > 1 && !port.name) problems.required(`${where}.name`);
      else if (port.name) dnsLabel(port.name, `${where}.name`, problems);
      problems.invalids(`${where}.port`, port.port ?? 0, checkPortNumber(port.port ?? 0));
      oneOf(port.protocol, protocols, `${where}.protocol`, problems);
      if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${where}.appProtocol`, problems);
    }
  }
}

function defaultEndpoints({ subsets }: Endpoints): void {
  for (const subset of subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
}

function endpointsOf({ subsets }: AnyObject): string {
  const all = (subsets ?? []).flatMap((subset: AnyObject) =>
    (subset.ports?.length ? subset.ports : [undefined]).flatMap((port: AnyObject) =>
      (subset.addresses ?? []).map(({ ip }: AnyObject) => (port ? `${ip.includes(":") ? `[${ip}]` : ip}:${port.port}` : ip)),
    ),
  );
  return atMost(all, 3);
}
