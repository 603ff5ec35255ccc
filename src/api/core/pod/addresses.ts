/** The addresses in a pod's status: valid ones, and no more than one of each family. */
import { familyOf } from "#base/mod.ts";
import { ipAddress } from "../../checks/primitives.ts";
import type { Problems } from "../../checks/problems.ts";
import type { AnyObject } from "../../rules.ts";

export function checkStatusAddresses(status: AnyObject, before: AnyObject, problems: Problems): void {
  checkList("podIPs", status, before, problems);
  if (status.hostIPs?.length > 0 && status.hostIPs[0].ip !== status.hostIP)
    problems.invalid("status.hostIPs[0].ip", status.hostIPs[0].ip, "must be equal to `hostIP`");
  checkList("hostIPs", status, before, problems);
}

function checkList(field: "podIPs" | "hostIPs", status: AnyObject, before: AnyObject, problems: Problems): void {
  // The first one alone stands for the list.
  const alone = (of: AnyObject) => (field === "podIPs" && of.podIP ? [{ ip: of.podIP }] : []);
  const textsOf = (of: AnyObject): string[] => (of[field] ?? alone(of)).map(({ ip = "" }: AnyObject) => ip);
  const [ips, known] = [textsOf(status), textsOf(before)];
  for (const [i, ip] of ips.entries()) if (!known.includes(ip)) ipAddress(ip, `status.${field}[${i}]`, problems);
  if (ips.length > 1 && (ips.length > 2 || new Set(ips.map(familyOf)).size < 2))
    problems.invalid(
      `status.${field}`,
      ips.map((IP) => ({ IP })),
      "may specify no more than one IP for each IP family",
    );
}
