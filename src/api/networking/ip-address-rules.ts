/** What the server knows of IPAddress: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { checkDns1123Subdomain, checkPathSegment } from "#codec/mod.ts";
import { canonicalAddress, hasLeadingZeros } from "../checks/addresses.ts";
import { immutableShape } from "../checks/internal-shape.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import type { NameRule } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { IPAddress } from "./ip-address.ts";
import { ParentReference } from "./ip-address.ts";

/** One address has one spelling, else two names could mean the same one. */
const addressName: NameRule = (name) => {
  if (hasLeadingZeros(name)) return ["must not have leading 0s"];
  if (isIP(name) === 0 || name.includes("%")) return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  if (/^::ffff:/i.test(name)) return ["must not be an IPv4-mapped IPv6 address"];
  const canonical = canonicalAddress(name);
  return name === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
};

export const ipAddressRules = rules<IPAddress>({
  names: addressName,
  ownMeta: true,
  counts: false,
  check: {
    create: validateIpAddress,
    update(object, old, problems) {
      metaAsNew(object, problems, { name: addressName });
      validateIpAddress(object, problems);
      metaOfUpdate(object, old, problems);
      immutableShape(ParentReference, object.spec?.parentRef, old.spec?.parentRef, "spec.parentRef", problems);
    },
  },
  cells: (o, now) => {
    const { group, resource, namespace, name: own } = o.spec?.parentRef ?? {};
    return [nameOf(o), `${group ? `${group}/` : ""}${resource}/${namespace ? `${namespace}/` : ""}${own}`, ageOf(o, now)];
  },
});

function validateIpAddress({ spec = {} }: AnyObject, problems: Problems): void {
  const at = "spec.parentRef";
  const parent = spec.parentRef;
  if (!parent) return problems.required(at);
  if (parent.group) problems.invalids(`${at}.group`, parent.group, checkDns1123Subdomain(parent.group));
  for (const key of ["resource", "name", "namespace"]) {
    if (parent[key]) problems.invalids(`${at}.${key}`, parent[key], checkPathSegment(parent[key]));
    else if (key !== "namespace") problems.required(`${at}.${key}`);
  }
}
