/** The addresses of a Service and their families: what goes together, and what a change may touch. */

import { isIP } from "node:net";
import { canonical, familyOf } from "#base/mod.ts";
import { ipAddress } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import type { Service } from "./service.ts";

export const isHeadless = ({ clusterIPs }: AnyObject) => clusterIPs?.length === 1 && clusterIPs[0] === "None";

export function checkClusterIps(spec: AnyObject, problems: Problems): void {
  if (spec.type === "ExternalName") return;
  const addresses: string[] = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (addresses.length === 0) problems.required("spec.clusterIPs");
    else if (addresses[0] !== spec.clusterIP) problems.invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`");
  } else if (addresses.length > 0) problems.invalid("spec.clusterIPs", addresses, "must be empty when `clusterIP` is not specified");
  const families: string[] = spec.ipFamilies ?? [];
  for (const [i, family] of families.entries()) {
    if (family !== "IPv4" && family !== "IPv6") problems.notSupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]);
    if (families.indexOf(family) < i) problems.duplicate(`spec.ipFamilies[${i}]`, family);
  }
  const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy))
    problems.notSupported("spec.ipFamilyPolicy", spec.ipFamilyPolicy, policies);
  let bad = false;
  for (const [i, address] of addresses.entries()) {
    if (i === 0 && address === "None") {
      if (addresses.length > 1) {
        bad = true;
        problems.invalid("spec.clusterIPs", addresses, "'None' must be the first and only value");
      }
      continue;
    }
    if (isIP(address) === 0) bad = true;
    ipAddress(address, `spec.clusterIPs[${i}]`, problems);
  }
  if (addresses.length > 2) problems.invalid("spec.clusterIPs", addresses, "may only hold up to 2 values");
  if (bad) return;
  if (addresses.length > 1 && new Set(addresses.map((address) => isIP(address))).size < 2)
    problems.invalid("spec.clusterIPs", addresses, "may specify no more than one IP for each IP family");
  if (!isHeadless(spec))
    for (const [i, address] of addresses.slice(0, families.length).entries()) {
      const family = isIP(address) === 6 ? "IPv6" : "IPv4";
      if (family !== families[i] && (families[i] === "IPv4" || families[i] === "IPv6"))
        problems.invalid(`spec.clusterIPs[${i}]`, address, `expected an ${families[i]} value as indicated by \`ipFamilies[${i}]\``);
    }
}

/** A second address or family may come and go; the first stays, but for Services without addresses. */
export function checkAddressChange(to: AnyObject, from: AnyObject, problems: Problems): void {
  if (to.type === "ExternalName" || from.type === "ExternalName") return;
  if (isHeadless(to) && isHeadless(from)) return;
  checkChange("clusterIPs", to, from, problems);
  if (isHeadless(to) === isHeadless(from)) checkChange("ipFamilies", to, from, problems);
}

const words = {
  clusterIPs: { one: "clusterIP", place: (i: number) => `spec.clusterIPs[${i}]` },
  // Upstream names the first, whichever changed.
  ipFamilies: { one: "ipFamily", place: () => "spec.ipFamilies[0]" },
};

function checkChange(field: keyof typeof words, to: AnyObject, from: AnyObject, problems: Problems): void {
  const { one, place } = words[field];
  const after: string[] = to[field] ?? [];
  const before: string[] = from[field] ?? [];
  // Upstream shows the addresses where a change of families changes their number, too.
  const shown = field === "ipFamilies" && before.length !== after.length ? (to.clusterIPs ?? []) : after;
  const changed = (i: number) => problems.invalid(place(i), shown, "may not change once set");
  if (before.length === after.length) {
    for (const [i, each] of before.entries()) if (each !== after[i]) changed(i);
    return;
  }
  if (before.length < after.length) {
    if (before.length > 0 && after[0] !== before[0]) changed(0);
    return;
  }
  if ((field === "clusterIPs" ? after : (to.clusterIPs ?? [])).length === 0)
    problems.invalid(place(0), after, `primary ${one} can not be unset`);
  if (after.length > 0 && after[0] !== before[0]) changed(0);
  if (after.length === 1 && to.ipFamilyPolicy !== "SingleStack")
    problems.invalid("spec.ipFamilyPolicy", to.ipFamilyPolicy ?? null, `must be set to 'SingleStack' when releasing the secondary ${one}`);
}

/** Addresses that are accepted and that should be written otherwise. */
export function warningsOfAddresses(spec: NonNullable<Service["spec"]>): string[] {
  const { type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP } = spec;
  const isGiven = type !== "ExternalName" && clusterIP !== "None" && clusterIP;
  return [
    ...(isGiven ? clusterIPs.flatMap((ip, i) => warningOf(`spec.clusterIPs[${i}]`, ip)) : []),
    ...externalIPs.flatMap((ip, i) => warningOf(`spec.externalIPs[${i}]`, ip)),
    ...(loadBalancerIP ? warningOf("spec.loadBalancerIP", loadBalancerIP) : []),
  ];
}

function warningOf(field: string, ip: string): string[] {
  if (familyOf(ip) === "IPv4" || canonical(ip) === ip) return [];
  return [`${field}: IPv6 address ${JSON.stringify(ip)} should be in RFC 5952 canonical format (${JSON.stringify(canonical(ip))})`];
}
