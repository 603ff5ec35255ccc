/** Judges an authorization configuration in upstream's words, and reads what a webhook of it is. */
import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { type Infer, Problems, readConfig, throwAll } from "#api/mod.ts";
import { checkDns1123Subdomain, formatGoDuration, parseGoDuration } from "#codec/mod.ts";
import { type Condition, conditionOf } from "./conditions.ts";
import { type AuthorizerSettings, authorizationConfiguration, type WebhookSettings } from "./declaration.ts";

export interface CheckedWebhook {
  name: string;
  file: string;
  version: "v1" | "v1beta1";
  timeoutMs: number;
  allowedMs: number;
  otherMs: number;
  conditions: readonly Condition[];
  deniesOnError: boolean;
}

export const plainTypes = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC"] as const;
export type PlainType = (typeof plainTypes)[number];
export type Checked = { type: PlainType } | { type: "Webhook"; webhook: CheckedWebhook };

const types: readonly string[] = [...plainTypes, "Webhook"].sort();
const mostConditions = 64;
const longestTimeoutMs = 30_000;
const defaultAllowedMs = 300_000;
const defaultOtherMs = 30_000;

/** Throws everything that is wrong. `required`: types that must be among them. */
export function readAuthorizers(text: string, required: readonly PlainType[] = []): Checked[] {
  let read: Infer<typeof authorizationConfiguration.schema>;
  try {
    read = readConfig(text, authorizationConfiguration);
  } catch (error) {
    throw new Error(`failed to load AuthorizationConfiguration from file: ${(error as Error).message}`, { cause: error });
  }
  return checkAuthorizers(read.authorizers ?? [], required);
}

export function checkAuthorizers(authorizers: readonly AuthorizerSettings[], required: readonly PlainType[] = []): Checked[] {
  const problems = new Problems();
  if (authorizers.length === 0) problems.required("authorizers", "at least one authorization mode must be defined");
  const [seenTypes, names] = [new Set<string>(), new Set<string>()];
  const checked: Checked[] = [];
  for (const [i, { type = "", name = "", webhook }] of authorizers.entries()) {
    const at = `authorizers[${i}]`;
    if (type === "") problems.required(`${at}.type`);
    else if (!types.includes(type)) problems.notSupported(`${at}.type`, type, types);
    else if (seenTypes.has(type) && type !== "Webhook") problems.duplicate(`${at}.type`, type);
    else {
      seenTypes.add(type);
      checkName(name, names, `${at}.name`, problems);
      if (type !== "Webhook") {
        if (webhook) problems.invalid(`${at}.webhook`, "non-null", "may only be specified when type=Webhook");
        checked.push({ type: type as PlainType });
      } else if (!webhook) problems.required(`${at}.webhook`, "required when type=Webhook");
      else checked.push({ type, webhook: { name, ...checkWebhook(webhook, at, problems) } });
    }
  }
  throwAll(problems);
  const wrong = authorizers
    .filter(({ type = "", name }) => type !== "Webhook" && name !== type.toLowerCase())
    .map(({ type = "", name }) => `expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`);
  const missing = required.filter((type) => !seenTypes.has(type)).sort();
  if (missing.length > 0) wrong.push(`missing required types: [${missing.join(" ")}]`);
  if (wrong.length > 0) throw new Error(wrong.length === 1 ? wrong[0] : `[${wrong.join(", ")}]`);
  return checked;
}

function checkName(name: string, names: Set<string>, at: string, problems: Problems): void {
  const wrong = checkDns1123Subdomain(name);
  if (name === "") problems.required(at);
  else if (names.has(name)) problems.duplicate(at, name);
  else if (wrong.length > 0) problems.invalid(at, name, `authorizer name is invalid: ${wrong.join(", ")}`);
  names.add(name);
}

function checkWebhook(webhook: WebhookSettings, at: string, problems: Problems): Omit<CheckedWebhook, "name"> {
  const timeoutMs = durationOf(webhook.timeout, 0);
  if (timeoutMs === 0) problems.required(`${at}.timeout`);
  else if (timeoutMs < 0 || timeoutMs > longestTimeoutMs)
    problems.invalid(`${at}.timeout`, formatGoDuration(timeoutMs), "must be > 0s and <= 30s");
  const allowedMs = durationOf(webhook.authorizedTTL, defaultAllowedMs);
  if (allowedMs < 0) problems.invalid(`${at}.authorizedTTL`, formatGoDuration(allowedMs), "must be > 0s");
  const otherMs = durationOf(webhook.unauthorizedTTL, defaultOtherMs);
  if (otherMs < 0) problems.invalid(`${at}.unauthorizedTTL`, formatGoDuration(otherMs), "must be > 0s");
  const { subjectAccessReviewVersion: version = "", matchConditionSubjectAccessReviewVersion: conditionVersion = "" } = webhook;
  oneOf(version, ["v1", "v1beta1"], `${at}.subjectAccessReviewVersion`, problems);
  const hasConditions = (webhook.matchConditions ?? []).length > 0;
  if (conditionVersion !== "") oneOf(conditionVersion, ["v1"], `${at}.matchConditionSubjectAccessReviewVersion`, problems);
  else if (hasConditions) problems.required(`${at}.matchConditionSubjectAccessReviewVersion`, "required if match conditions are specified");
  const { failurePolicy = "" } = webhook;
  oneOf(failurePolicy, ["NoOpinion", "Deny"], `${at}.failurePolicy`, problems);
  return {
    file: checkConnection(webhook.connectionInfo ?? {}, `${at}.connectionInfo`, problems),
    version: version as "v1" | "v1beta1",
    timeoutMs,
    allowedMs: (webhook.cacheAuthorizedRequests ?? true) ? allowedMs : 0,
    otherMs: (webhook.cacheUnauthorizedRequests ?? true) ? otherMs : 0,
    conditions: checkConditions(webhook, `${at}.matchConditions`, problems),
    deniesOnError: failurePolicy === "Deny",
  };
}

function oneOf(value: string, supported: readonly string[], at: string, problems: Problems): void {
  if (value === "") problems.required(at);
  else if (!supported.includes(value)) problems.notSupported(at, value, supported);
}

function checkConnection(
  { type = "", kubeConfigFile: file }: NonNullable<WebhookSettings["connectionInfo"]>,
  at: string,
  problems: Problems,
): string {
  // This server is in no cluster of another one: there is no configuration that it could find by itself.
  oneOf(type, ["KubeConfigFile"], `${at}.type`, problems);
  if (type !== "KubeConfigFile") return "";
  const here = `${at}.kubeConfigFile`;
  if (!file) problems.required(here);
  else if (!isAbsolute(file)) problems.invalid(here, file, "must be an absolute path");
  else {
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) problems.invalid(here, file, `error loading file: stat ${file}: no such file or directory`);
    else if (!found.isFile()) problems.invalid(here, file, "must be a regular file");
  }
  return file ?? "";
}

function checkConditions({ matchConditions = [] }: WebhookSettings, at: string, problems: Problems): Condition[] {
  if (matchConditions.length > mostConditions) {
    problems.tooMany(at, matchConditions.length, mostConditions);
    return [];
  }
  const seen = new Set<string>();
  return matchConditions.flatMap(({ expression = "" }, i) => {
    const here = `${at}[${i}].expression`;
    if (expression.trim() === "") problems.required(here);
    else if (seen.has(expression)) problems.duplicate(here, expression);
    else {
      seen.add(expression);
      const condition = conditionOf(expression);
      if (typeof condition !== "string") return [condition];
      problems.invalid(here, expression, condition);
    }
    return [];
  });
}

/** Nothing is as good as none said. */
const durationOf = (text: string | undefined, otherwise: number) => (text === undefined ? 0 : parseGoDuration(text)!) || otherwise;
