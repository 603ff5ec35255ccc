/** What a ResourceClaim asks for, alone and in a template: what declarations do not say. */
import { checkSelector } from "../../resource/device-selectors.ts";
import type { AnyObject } from "../../rules.ts";
import { dnsLabel } from "../primitives.ts";
import type { Problems } from "../problems.ts";

/** After the declaration was checked. */
export function validateDeviceClaim({ requests, constraints, config }: AnyObject, at: string, problems: Problems): void {
  const names = new Set<string>();
  for (const [i, request] of ((requests ?? []) as AnyObject[]).entries()) {
    names.add(request.name ?? "");
    for (const { name = "" } of request.firstAvailable ?? []) names.add(`${request.name ?? ""}/${name}`);
    validateRequest(request, `${at}.requests[${i}]`, problems);
  }
  for (const [i, constraint] of ((constraints ?? []) as AnyObject[]).entries()) {
    const where = `${at}.constraints[${i}]`;
    validateReferences(constraint.requests, `${where}.requests`, names, problems);
    if (constraint.matchAttribute === undefined && constraint.distinctAttribute === undefined)
      problems.required(where, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set');
  }
  for (const [i, one] of ((config ?? []) as AnyObject[]).entries()) {
    validateReferences(one.requests, `${at}.config[${i}].requests`, names, problems);
    if (!one.opaque) problems.required(`${at}.config[${i}].opaque`);
  }
}

function validateRequest(request: AnyObject, at: string, problems: Problems): void {
  const { exactly, firstAvailable = [] } = request;
  if (!exactly && firstAvailable.length === 0) problems.required(at, "exactly one of `exactly` or `firstAvailable` is required");
  else if (exactly && firstAvailable.length > 0)
    problems.invalid(at, null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
  else if (exactly) validateWanted(exactly, `${at}.exactly`, problems);
  else for (const [i, one] of firstAvailable.entries()) validateWanted(one, `${at}.firstAvailable[${i}]`, problems);
}

function validateWanted({ allocationMode, count = 0, selectors }: AnyObject, at: string, problems: Problems): void {
  validateSelectors(selectors, `${at}.selectors`, problems);
  if (allocationMode === "All" && count !== 0) problems.invalid(`${at}.count`, count, "must not be specified when allocationMode is 'All'");
}

export function validateSelectors(selectors: AnyObject[] | undefined, at: string, problems: Problems): void {
  for (const [i, { cel }] of (selectors ?? []).entries())
    if (!cel) problems.required(`${at}[${i}].cel`);
    else checkSelector(cel.expression ?? "", `${at}[${i}].cel.expression`, problems);
}

function validateReferences(list: string[] | undefined, at: string, names: ReadonlySet<string>, problems: Problems): void {
  if ((list?.length ?? 0) > 32) return;
  const words = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  for (const [i, name] of (list ?? []).entries()) {
    const parts = name.split("/");
    if (parts.length <= 2) for (const part of parts) dnsLabel(part, `${at}[${i}]`, problems);
    if (!names.has(name)) problems.invalid(`${at}[${i}]`, name, words);
  }
}

/** One device of each, unless it says otherwise. */
export function defaultDeviceClaim(claim: AnyObject | undefined): void {
  for (const { exactly, firstAvailable } of claim?.requests ?? [])
    for (const wanted of exactly ? [exactly] : (firstAvailable ?? [])) {
      wanted.allocationMode ||= "ExactCount";
      if (wanted.allocationMode === "ExactCount") wanted.count ||= 1;
    }
}
