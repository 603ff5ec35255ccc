/** What a ResourceClaim asks for, alone and in a template. */
import type { AnyObject } from "../rules.ts";
import type { Problems } from "./problems.ts";

export function validateDeviceRequests(requests: AnyObject[] | undefined, at: string, problems: Problems): void {
  for (const [i, { exactly, firstAvailable }] of (requests ?? []).entries())
    if (!exactly && !firstAvailable?.length) problems.required(`${at}[${i}]`, "exactly one of `exactly` or `firstAvailable` is required");
}
