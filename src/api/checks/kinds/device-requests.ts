/** What a ResourceClaim asks for, alone and in a template: what declarations do not say. */
import { checkLabelValue } from "#codec/mod.ts";
import { checkSelector } from "../../resource/device-selectors.ts";
import { DeviceSubRequest, ExactDeviceRequest } from "../../resource/resource-claim.ts";
import type { AnyObject } from "../../rules.ts";
import type { Struct } from "../../schema.ts";
import { checkDeclared } from "../declared.ts";
import { dnsLabel } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { deviceFullKey } from "./device-names.ts";

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
    const { matchAttribute, distinctAttribute } = constraint;
    if (matchAttribute !== undefined) deviceFullKey(matchAttribute, `${where}.matchAttribute`, problems);
    else if (distinctAttribute !== undefined) deviceFullKey(distinctAttribute, `${where}.distinctAttribute`, problems);
    else problems.required(where, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set');
  }
  for (const [i, one] of ((config ?? []) as AnyObject[]).entries()) {
    validateReferences(one.requests, `${at}.config[${i}].requests`, names, problems);
    validateOpaque(one, `${at}.config[${i}]`, problems);
  }
}

function validateRequest(request: AnyObject, at: string, problems: Problems): void {
  const { exactly, firstAvailable = [] } = request;
  if (!exactly && firstAvailable.length === 0) problems.required(at, "exactly one of `exactly` or `firstAvailable` is required");
  else if (exactly && firstAvailable.length > 0)
    problems.invalid(at, null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
  else if (exactly) validateWanted(ExactDeviceRequest, exactly, `${at}.exactly`, problems);
  else for (const [i, one] of firstAvailable.entries()) validateWanted(DeviceSubRequest, one, `${at}.firstAvailable[${i}]`, problems);
}

function validateWanted(schema: Struct, wanted: AnyObject, at: string, problems: Problems): void {
  const { allocationMode, count = 0, selectors, tolerations } = wanted;
  checkDeclared(schema, wanted, at, problems);
  validateSelectors(selectors, `${at}.selectors`, problems);
  if (allocationMode === "All" && count !== 0) problems.invalid(`${at}.count`, count, "must not be specified when allocationMode is 'All'");
  if (allocationMode === "ExactCount" && count <= 0) problems.invalid(`${at}.count`, count, "must be greater than zero");
  for (const [i, { operator, value = "" }] of ((tolerations ?? []) as AnyObject[]).entries()) {
    const where = `${at}.tolerations[${i}].value`;
    if (operator === "Exists" && value !== "") problems.invalid(where, value, "must be empty for operator `Exists`");
    if (operator === "Equal") problems.invalids(where, value, checkLabelValue(value));
  }
}

const mostParameters = 10 * 1024;

/** Settings of a driver: an object of a form that only the driver knows. */
export function validateOpaque({ opaque }: AnyObject, at: string, problems: Problems): void {
  if (!opaque) return problems.required(`${at}.opaque`);
  const { parameters } = opaque;
  const where = `${at}.opaque.parameters`;
  if (parameters === undefined || parameters === null) problems.required(where);
  else if (Buffer.byteLength(JSON.stringify(parameters)) > mostParameters) problems.tooLong(where, mostParameters);
  else if (typeof parameters !== "object" || Array.isArray(parameters))
    problems.invalid(where, "<value omitted>", "must be a valid JSON object");
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
    for (const wanted of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      wanted.allocationMode ||= "ExactCount";
      if (wanted.allocationMode === "ExactCount") wanted.count ||= 1;
    }
}
