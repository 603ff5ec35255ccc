/** References to an object by group, kind and name. */
import { checkDns1123Subdomain, checkPathSegment } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import type { Problems } from "./problems.ts";

export function validateReference(reference: AnyObject, at: string, problems: Problems): void {
  if (typeof reference.apiGroup === "string")
    problems.invalids(`${at}.apiGroup`, reference.apiGroup, checkDns1123Subdomain(reference.apiGroup));
  for (const key of ["kind", "name"])
    if (!reference[key]) problems.required(`${at}.${key}`);
    else problems.invalids(`${at}.${key}`, reference[key], checkPathSegment(reference[key]));
}
