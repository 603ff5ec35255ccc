/** What several kinds' statuses are held to: addresses of load balancers, conditions that are told apart by their types. */

import { isIP } from "node:net";
import { checkDns1123Subdomain } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { ipAddress } from "../primitives.ts";
import type { Problems } from "../problems.ts";

/** Types are there, each once. */
export function conditionTypes(conditions: readonly AnyObject[] | undefined, at: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { type = "" }] of (conditions ?? []).entries()) {
    if (seen.has(type)) problems.duplicate(`${at}[${i}].type`, type);
    seen.add(type);
    if (!type) problems.required(`${at}[${i}].type`);
  }
}

const ipModes = ["Proxy", "VIP"];

/** `status.loadBalancer`; addresses that were there before may stay as they are. `modes`: each address says how it is meant. */
export function loadBalancerStatus(next: AnyObject, old: AnyObject, problems: Problems, { modes = false } = {}): void {
  const pointsOf = ({ status }: AnyObject): AnyObject[] => status?.loadBalancer?.ingress ?? [];
  const known = new Set(pointsOf(old).map(({ ip }) => ip));
  for (const [i, { ip = "", ipMode, hostname = "" }] of pointsOf(next).entries()) {
    const at = `status.loadBalancer.ingress[${i}]`;
    if (ip && !known.has(ip)) ipAddress(ip, `${at}.ip`, problems);
    if (modes && ipMode === undefined && ip) problems.required(`${at}.ipMode`, "must be specified when `ip` is set");
    if (modes && ipMode !== undefined && !ip) problems.forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set");
    else if (modes && ipMode !== undefined && !ipModes.includes(ipMode)) problems.notSupported(`${at}.ipMode`, ipMode, ipModes);
    if (!hostname) continue;
    problems.invalids(`${at}.hostname`, hostname, checkDns1123Subdomain(hostname));
    if (isIP(hostname) > 0) problems.invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address");
  }
}
