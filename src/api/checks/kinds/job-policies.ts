/** When a Job fails because of a pod, and when it has succeeded before all of them have. */
import { PodFailurePolicyOnExitCodesRequirement } from "../../batch/cron-job.ts";
import type { AnyObject } from "../../rules.ts";
import { enumOf } from "../declared.ts";
import { nonNegative, qualifiedName } from "../primitives.ts";
import { omitted, type Problems } from "../problems.ts";

const maxRules = 20;
const maxConditions = 20;
const maxCodes = 255;
const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const statuses = ["False", "True", "Unknown"];

export function validateFailurePolicy(spec: AnyObject, field: string, problems: Problems): void {
  const rules: AnyObject[] = spec.podFailurePolicy.rules ?? [];
  if (rules.length > maxRules) problems.tooMany(`${field}.rules`, rules.length, maxRules);
  const names = new Set<string>(
    [...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map((one: AnyObject) => one.name),
  );
  for (const [i, rule] of rules.entries()) {
    const at = `${field}.rules[${i}]`;
    if (rule.action === "FailIndex") {
      if (spec.backoffLimitPerIndex === undefined)
        problems.invalid(`${at}.action`, rule.action, "requires the backoffLimitPerIndex to be set");
    } else oneOfListed(rule.action, actions, `${at}.action`, problems);
    if (rule.onExitCodes) validateExitCodes(rule.onExitCodes, names, `${at}.onExitCodes`, problems);
    const conditions: AnyObject[] = rule.onPodConditions ?? [];
    if (conditions.length > maxConditions) problems.tooMany(`${at}.onPodConditions`, conditions.length, maxConditions);
    for (const [c, { type = "", status }] of conditions.entries()) {
      qualifiedName(type, `${at}.onPodConditions[${c}].type`, problems);
      oneOfListed(status, statuses, `${at}.onPodConditions[${c}].status`, problems);
    }
    if (rule.onExitCodes && conditions.length > 0)
      problems.invalid(at, omitted, "specifying both OnExitCodes and OnPodConditions is not supported");
    if (!rule.onExitCodes && conditions.length === 0)
      problems.invalid(at, omitted, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

/** Required, one of these, and told which. */
function oneOfListed(value: string | undefined, supported: readonly string[], at: string, problems: Problems): void {
  if (!value) problems.required(at, `valid values: [${supported.map((one) => JSON.stringify(one)).join(" ")}]`);
  else if (!supported.includes(value)) problems.notSupported(at, value, supported);
}

function validateExitCodes(codes: AnyObject, names: ReadonlySet<string>, at: string, problems: Problems): void {
  const { operator, containerName } = codes;
  oneOfListed(operator, enumOf(PodFailurePolicyOnExitCodesRequirement, "operator"), `${at}.operator`, problems);
  if (containerName !== undefined && !names.has(containerName))
    problems.invalid(`${at}.containerName`, containerName, "must be one of the container or initContainer names in the pod template");
  const values: number[] = codes.values ?? [];
  if (values.length === 0) problems.invalid(`${at}.values`, codes.values ?? null, "at least one value is required");
  else if (values.length > maxCodes) problems.tooMany(`${at}.values`, values.length, maxCodes);
  for (const [v, value] of values.entries()) {
    if (operator === "In" && value === 0) problems.invalid(`${at}.values[${v}]`, value, "must not be 0 for the In operator");
    if (values.indexOf(value) < v) problems.duplicate(`${at}.values[${v}]`, value);
  }
  if (values.some((value, v) => v > 0 && value < values[v - 1]!)) problems.invalid(`${at}.values`, values, "must be ordered");
}

const maxIndexesBytes = 64 * 1024;

export function validateSuccessPolicy(policy: AnyObject, completions: number, field: string, problems: Problems): void {
  const at = `${field}.rules`;
  const rules: AnyObject[] = policy.rules ?? [];
  if (rules.length === 0) problems.required(at, "at least one rules must be specified when the successPolicy is specified");
  if (rules.length > maxRules) problems.tooMany(at, rules.length, maxRules);
  for (const [i, rule] of rules.entries()) validateSuccessRule(rule, completions, `${at}[${i}]`, problems);
}

function validateSuccessRule(
  { succeededIndexes: text, succeededCount: count }: AnyObject,
  completions: number,
  at: string,
  problems: Problems,
) {
  if (count === undefined && text === undefined)
    problems.required(at, "at least one of succeededCount or succeededIndexes must be specified");
  let total = 0;
  if (text !== undefined) {
    const where = `${at}.succeededIndexes`;
    if (Buffer.byteLength(text) > maxIndexesBytes) problems.tooLong(where, maxIndexesBytes);
    const read = countIndexes(text, completions);
    if (typeof read === "string") problems.invalid(where, text, `error parsing succeededIndexes: ${read}`);
    else total = read;
  }
  if (count === undefined) return;
  const where = `${at}.succeededCount`;
  nonNegative(count, where, problems);
  const most = (limit: number, of: string) =>
    problems.invalid(where, count, `must be less than or equal to ${limit} (the number of ${of})`);
  if (count > completions) most(completions, "specified completions");
  if (text !== undefined && count > total) most(total, "indexes in the specified succeededIndexes field");
}

/** How many indexes `1,3-5` names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  let [last, total] = [Number.NEGATIVE_INFINITY, 0];
  for (const interval of text === "" ? [] : text.split(",")) {
    const read = readInterval(interval, completions);
    if (typeof read === "string") return read;
    const [from, to] = read;
    if (last >= from) return outOfOrder(last, from);
    total += to - from + 1;
    last = to;
  }
  return total;
}

const outOfOrder = (before: number, now: number) => `non-increasing order, previous: ${before}, current: ${now}`;

function readInterval(interval: string, completions: number): [number, number] | string {
  const limits = interval.split("-");
  if (limits.length > 2)
    return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  }
  const [from = 0, to = from] = limits.map(Number);
  return limits.length > 1 && from >= to ? outOfOrder(from, to) : [from, to];
}
