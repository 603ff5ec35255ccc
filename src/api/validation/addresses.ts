/** IPAddresses, whose names are addresses, and ServiceCIDRs. */
import { isIP, isIPv6 } from "node:net";
import { checkDns1123Subdomain, checkPathSegment } from "#codec/mod.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, type NameRule, subdomainName } from "./object-meta.ts";
import { isCidr } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";

/** One address has one spelling, else two names could mean the same one. */
export const addressName: NameRule = (name) => {
  if (hasLeadingZeros(name)) return ["must not have leading 0s"];
  if (isIP(name) === 0 || name.includes("%")) return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  if (/^::ffff:/i.test(name)) return ["must not be an IPv4-mapped IPv6 address"];
  const canonical = canonicalAddress(name);
  return name === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
};

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
  if (hasLeadingZeros(address) || /^0\d/.test(bits))
    return problems.invalid(field, text, "must not have leading 0s in IP or prefix length");
  if (!isCidr(text)) return problems.invalid(field, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  const canonical = `${canonicalAddress(address)}/${bits}`;
  if (text !== canonical) problems.invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`);
}

const hasLeadingZeros = (address: string) => /^\d+(\.\d+){3}$/.test(address) && /(^|\.)0\d/.test(address);

/** IPv6 in lower case with its longest run of zeros left out (RFC 5952), which is how URLs write it. */
const canonicalAddress = (address: string) => (isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address);

export const ipAddressRules: KindRules = {
  name: addressName,
  create: validateIpAddress,
  update(object, old, problems) {
    validateIpAddress(object, problems);
    immutable(object.spec?.parentRef, old.spec?.parentRef, "spec.parentRef", problems);
  },
};

export const serviceCidrRules: KindRules = {
  name: subdomainName,
  create: validateServiceCidr,
  update(object, old, problems) {
    const before: string[] = old.spec?.cidrs ?? [];
    const now: string[] = object.spec?.cidrs ?? [];
    // A second family may be added later; nothing else changes.
    if (before.length === 1 && now.length === 2) {
      immutable(now[0], before[0], "spec.cidrs[0]", problems);
      validateRange(now[1]!, "spec.cidrs[1]", problems);
    } else immutable(now, before, "spec.cidrs", problems);
  },
};
