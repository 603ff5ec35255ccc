/** Small rules that many kinds share. */
import { isIP } from "node:net";
import { parseAddress, parseRange } from "#base/mod.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelKey,
  checkLabelValue,
  checkPercent,
  checkPortName,
  checkPortNumber,
  compareQuantity,
  type LabelSelector,
  labelSelectorFrom,
  matchesLabels,
  milliValue,
  parseQuantity,
  type Quantity,
} from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { hasLeadingZeros } from "./addresses.ts";
import { validateLabels } from "./object-meta.ts";
import type { Problems } from "./problems.ts";

export function nonNegative(value: number | undefined, field: string, problems: Problems): void {
  if ((value ?? 0) < 0) problems.invalid(field, value, "must be greater than or equal to 0");
}

export function positive(value: number | undefined, field: string, problems: Problems): void {
  if ((value ?? 0) <= 0) problems.invalid(field, value ?? 0, "must be greater than zero");
}

/** Required, and one of these. */
export function oneOf(value: string | undefined, supported: readonly string[], field: string, problems: Problems): void {
  if (!value) problems.required(field);
  else if (!supported.includes(value)) problems.notSupported(field, value, supported);
}

/** One of these, if there. */
export function oneOfOrAbsent(value: string | undefined, supported: readonly string[], field: string, problems: Problems): void {
  if (value !== undefined && !supported.includes(value)) problems.notSupported(field, value, supported);
}

export function dnsLabel(value: string, field: string, problems: Problems): void {
  problems.invalids(field, value, checkDns1123Label(value));
}

export function dnsSubdomain(value: string, field: string, problems: Problems): void {
  problems.invalids(field, value, checkDns1123Subdomain(value));
}

export function qualifiedName(value: string, field: string, problems: Problems): void {
  problems.invalids(field, value, checkLabelKey(value));
}

export function portNumberOrName(port: number | string | undefined, field: string, problems: Problems): void {
  if (typeof port === "string") problems.invalids(field, port, checkPortName(port));
  else problems.invalids(field, port ?? 0, checkPortNumber(port ?? 0));
}

/** As old fields take one: what Go read sloppily once is told why it is refused now. */
export function ipAddress(value: string, field: string, problems: Problems): void {
  if (isIP(value) !== 0 && !value.includes("%")) {
    if (isMapped(value)) problems.invalid(field, value, "must not be an IPv4-mapped IPv6 address");
  } else if (hasLeadingZeros(value) && isIP(value.replace(/(^|\.)0+(?=\d)/g, "$1")) === 4)
    problems.invalid(field, value, "must not have leading 0s");
  else problems.invalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

const isMapped = (address: string) => (parseAddress(address)?.value ?? 0n) >> 32n === 0xffffn;

export function isCidr(value: string): boolean {
  const [address = "", bits = "", more] = value.split("/");
  const family = isIP(address);
  return more === undefined && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

export function cidr(value: string, field: string, problems: Problems): void {
  if (!isCidr(value)) problems.invalid(field, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  else if (hasHostBits(value)) problems.invalid(field, value, "must not have bits set beyond the prefix length");
}

/** As upstream prints its internal types: every field under its Go name. */
export function internalOf(value: AnyObject, names: readonly string[]): unknown {
  return Object.fromEntries(
    names.map((name) => [name, value[name === "SELinuxOptions" ? "seLinuxOptions" : name[0]!.toLowerCase() + name.slice(1)] ?? null]),
  );
}

const hasHostBits = (value: string) => parseAddress(value.split("/")[0] ?? "")?.value !== parseRange(value)?.first;

export function intOrPercent(value: number | string | undefined, field: string, problems: Problems): void {
  if (typeof value === "string") problems.invalids(field, value, checkPercent(value));
  else nonNegative(value, field, problems);
}

export function notMoreThanAll(value: number | string | undefined, field: string, problems: Problems): void {
  if (typeof value === "string" && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100)
    problems.invalid(field, value, "must not be greater than 100%");
}

/** Of `50%` the 50, and of `"7"` the 7. */
export function intOrPercentValue(value: number | string | undefined): number {
  if (typeof value !== "string") return value ?? 0;
  return checkPercent(value).length === 0 || /^[+-]?\d+$/.test(value) ? Number.parseInt(value, 10) : 0;
}

/** Amounts that do not parse were refused when the object was decoded. */
export function quantityOf(text: unknown): Quantity {
  try {
    return parseQuantity(String(text));
  } catch {
    return { nanos: 0n, format: "DecimalSI" };
  }
}

const zero: Quantity = { nanos: 0n, format: "DecimalSI" };
export const isNegative = (text: unknown) => compareQuantity(quantityOf(text), zero) < 0;
export const isWhole = (text: unknown) => milliValue(quantityOf(text)) % 1000 === 0;

export function nonNegativeQuantity(text: unknown, field: string, problems: Problems): void {
  if (isNegative(text)) problems.invalid(field, text, "must be greater than or equal to 0");
}

export function validateLabelSelector(
  selector: AnyObject | undefined,
  field: string,
  problems: Problems,
  { looseValues = false } = {},
): void {
  if (!selector) return;
  validateLabels(selector.matchLabels, `${field}.matchLabels`, problems);
  for (const [i, { key = "", operator = "", values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    switch (operator) {
      case "In":
      case "NotIn":
        if (values.length === 0) problems.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
        break;
      case "Exists":
      case "DoesNotExist":
        if (values.length > 0) problems.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        break;
      default:
        problems.invalid(`${at}.operator`, operator, "not a valid selector operator");
    }
    qualifiedName(key, `${at}.key`, problems);
    if (!looseValues) for (const [v, value] of values.entries()) problems.invalids(`${at}.values[${v}]`, value, checkLabelValue(value));
  }
}

export function isEmptySelector(selector: AnyObject): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;
}

/** Undefined when the selector cannot be compiled. */
export function selects(selector: AnyObject, labels: Record<string, string> | undefined): boolean | undefined {
  const isBad = (key: string, values: readonly string[]) =>
    checkLabelKey(key).length > 0 || values.some((value) => checkLabelValue(value).length > 0);
  if (Object.entries<string>(selector.matchLabels ?? {}).some(([key, value]) => isBad(key, [value]))) return undefined;
  for (const { key = "", operator, values = [] } of selector.matchExpressions ?? []) {
    const wantsValues = operator === "In" || operator === "NotIn";
    if (isBad(key, values) || wantsValues !== values.length > 0) return undefined;
  }
  try {
    return matchesLabels(labelSelectorFrom(selector as LabelSelector), labels);
  } catch {
    return undefined;
  }
}

export function relativePath(path: string, field: string, problems: Problems): void {
  if (path.startsWith("/")) problems.invalid(field, path, "must be a relative path");
  noBacksteps(path, field, problems);
}

export function noBacksteps(path: string, field: string, problems: Problems): void {
  if (path.split("/").includes("..")) problems.invalid(field, path, "must not contain '..'");
}

export function relativeUnreservedPath(path: string, field: string, problems: Problems): void {
  relativePath(path, field, problems);
  if (path.startsWith("..") && !path.startsWith("../")) problems.invalid(field, path, "must not start with '..'");
}

export function fileMode(mode: number | undefined, field: string, problems: Problems): void {
  if (mode !== undefined && (mode > 0o777 || mode < 0))
    problems.invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
}

/** As Go prints it: maps in the order of their keys. */
export function sortedSelector(selector: AnyObject): AnyObject {
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...(labels.length > 0 && { matchLabels: Object.fromEntries(labels) }),
    ...(selector.matchExpressions && { matchExpressions: selector.matchExpressions }),
  };
}
