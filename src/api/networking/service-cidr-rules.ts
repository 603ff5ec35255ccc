/** What the server knows of ServiceCIDR: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { canonicalAddress, hasLeadingZeros } from "../checks/addresses.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { isCidr } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ServiceCIDR } from "./service-cidr.ts";

export const serviceCidrRules = rules<ServiceCIDR>({
  names: subdomainName,
  counts: false,
  status: () => ({}),
  check: {
    create: validateServiceCidr,
    update(object, old, problems) {
      const before: string[] = old.spec?.cidrs ?? [];
      const now: string[] = object.spec?.cidrs ?? [];
      const later = before.length === 1 && now.length === 2;
      // A second family may be added later; nothing else changes.
      if (before.length !== now.length && !later) return immutable(now, before, "spec.cidrs", problems);
      for (const [i, range] of before.entries()) immutable(now[i], range, `spec.cidrs[${i}]`, problems);
      if (later) validateServiceCidr(object, problems);
    },
  },
  cells: (o, now) => [nameOf(o), (o.spec?.cidrs ?? []).join(","), ageOf(o, now)],
});

function validateServiceCidr({ spec = {} }: AnyObject, problems: Problems): void {
  const cidrs: string[] = spec.cidrs ?? [];
  if (cidrs.length === 0) return problems.required("spec.cidrs", "at least one CIDR required");
  if (cidrs.length > 2) return problems.invalid("spec.cidrs", { CIDRs: cidrs }, "may only hold up to 2 values");
  const families = cidrs.map((text) => isIP(text.split("/")[0]!));
  if (cidrs.length === 2 && families[0] !== 0 && families[0] === families[1])
    problems.invalid("spec.cidrs", cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
  for (const [i, text] of cidrs.entries()) validateRange(text, `spec.cidrs[${i}]`, problems);
}

function validateRange(text: string, field: string, problems: Problems): void {
  const [address = "", bits = ""] = text.split("/");
  if ((text.includes("/") && hasLeadingZeros(address)) || /^0\d/.test(bits))
    return problems.invalid(field, text, "must not have leading 0s in IP or prefix length");
  if (!isCidr(text)) return problems.invalid(field, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  const canonical = `${canonicalAddress(address)}/${bits}`;
  if (text !== canonical) problems.invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`);
}
