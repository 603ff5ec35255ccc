/** What the server knows of NetworkPolicy: defaults, what a write may set, what is refused, what tables show. */

import { BlockList, isIP } from "node:net";
import { checkPortName, checkPortNumber } from "#codec/mod.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { cidr, isCidr, validateLabelSelector } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf, selectorText } from "../tables/cells.ts";
import type { NetworkPolicy } from "./network-policy.ts";

export const networkPolicyRules = rules<NetworkPolicy>({
  names: subdomainName,
  defaults: defaultNetworkPolicy,
  check: {
    create: validateNetworkPolicy,
    update: (policy, _old, problems) => validateNetworkPolicy(policy, problems),
  },
  cells: (o, now) => [nameOf(o), selectorText(o.spec?.podSelector ?? {}), ageOf(o, now)],
});

function validateNetworkPolicy({ spec = {} }: AnyObject, problems: Problems): void {
  validateLabelSelector(spec.podSelector, "spec.podSelector", problems);
  for (const [direction, peers] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const)
    for (const [i, rule] of (spec[direction] ?? []).entries()) {
      for (const [p, port] of (rule.ports ?? []).entries()) validatePolicyPort(port, `spec.${direction}[${i}].ports[${p}]`, problems);
      for (const [p, peer] of (rule[peers] ?? []).entries()) validatePeer(peer, `spec.${direction}[${i}].${peers}[${p}]`, problems);
    }
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > 2) return problems.invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
  for (const [i, type] of types.entries())
    if (!["Ingress", "Egress"].includes(type)) problems.notSupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"]);
}

function validatePolicyPort({ protocol, port, endPort }: AnyObject, at: string, problems: Problems): void {
  if (protocol !== undefined && !["TCP", "UDP", "SCTP"].includes(protocol))
    problems.notSupported(`${at}.protocol`, protocol, ["TCP", "UDP", "SCTP"]);
  if (typeof port === "number") {
    problems.invalids(`${at}.port`, port, checkPortNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) problems.invalid(`${at}.endPort`, port, "must be greater than or equal to `port`");
    problems.invalids(`${at}.endPort`, endPort, checkPortNumber(endPort));
  } else if (typeof port === "string") {
    if (endPort !== undefined) problems.invalid(`${at}.endPort`, endPort, "may not be specified when `port` is non-numeric");
    problems.invalids(`${at}.port`, port, checkPortName(port));
  } else if (endPort !== undefined) problems.invalid(`${at}.endPort`, endPort, "may not be specified when `port` is not specified");
}

function validatePeer(peer: AnyObject, at: string, problems: Problems): void {
  validateLabelSelector(peer.podSelector, `${at}.podSelector`, problems);
  validateLabelSelector(peer.namespaceSelector, `${at}.namespaceSelector`, problems);
  const count = ["podSelector", "namespaceSelector", "ipBlock"].filter((key) => peer[key]).length;
  if (peer.ipBlock) {
    const block: string = peer.ipBlock.cidr ?? "";
    if (!block) problems.required(`${at}.ipBlock.cidr`);
    else cidr(block, `${at}.ipBlock.cidr`, problems);
    if (isCidr(block))
      for (const [i, except] of (peer.ipBlock.except ?? []).entries()) {
        const where = `${at}.ipBlock.except[${i}]`;
        cidr(except, where, problems);
        if (isCidr(except) && !isStrictSubset(except, block)) problems.invalid(where, except, "must be a strict subset of `cidr`");
      }
  }
  if (count === 0) problems.required(at, "must specify a peer");
  else if (count > 1 && peer.ipBlock) problems.forbidden(at, "may not specify both ipBlock and another peer");
}

function isStrictSubset(inner: string, outer: string): boolean {
  const [address = "", bits = ""] = outer.split("/");
  const [innerAddress = "", innerBits = ""] = inner.split("/");
  const family = (ip: string) => (isIP(ip) === 6 ? "ipv6" : "ipv4");
  if (family(address) !== family(innerAddress)) return false;
  const block = new BlockList();
  block.addSubnet(address, Number(bits), family(address));
  return block.check(innerAddress, family(innerAddress)) && Number(bits) < Number(innerBits);
}

function defaultNetworkPolicy({ spec }: NetworkPolicy): void {
  if (!spec) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}
