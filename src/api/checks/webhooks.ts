/** What validating and mutating webhook configurations share. */
import { checkDns1035Label, checkDns1123Subdomain } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { checkMatchConditions } from "./admission/expressions.ts";
import { validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

export const scopes = ["Cluster", "Namespaced", "*"];

export function validateWebhooks(kind: "Validating" | "Mutating") {
  return ({ webhooks = [] }: AnyObject, problems: Problems, before?: AnyObject): void => {
    // What was accepted once stays so: later servers may check more.
    const checksConditions = !sameConditions(webhooks, before?.webhooks);
    const names = new Set<string>();
    for (const [i, hook] of webhooks.entries()) {
      const at = `webhooks[${i}]`;
      if (names.has(hook.name)) problems.duplicate(`${at}.name`, hook.name);
      names.add(hook.name);
      if (!hook.name) problems.required(`${at}.name`);
      else {
        const texts = checkDns1123Subdomain(hook.name);
        if (texts.length > 0) problems.invalid(`${at}.name`, hook.name, texts.join(","));
        else if (hook.name.split(".").length < 3)
          problems.invalid(`${at}.name`, hook.name, "should be a domain with at least three segments separated by dots");
      }
      for (const [r, rule] of (hook.rules ?? []).entries()) validateHookRule(rule, `${at}.rules[${r}]`, problems);
      if (hook.failurePolicy !== undefined && !["Fail", "Ignore"].includes(hook.failurePolicy))
        problems.notSupported(`${at}.failurePolicy`, hook.failurePolicy, ["Fail", "Ignore"]);
      if (hook.matchPolicy !== undefined && !["Equivalent", "Exact"].includes(hook.matchPolicy))
        problems.notSupported(`${at}.matchPolicy`, hook.matchPolicy, ["Equivalent", "Exact"]);
      if (hook.sideEffects === undefined || hook.sideEffects === null)
        problems.required(`${at}.sideEffects`, "must specify one of None, NoneOnDryRun");
      else if (!["None", "NoneOnDryRun"].includes(hook.sideEffects))
        problems.notSupported(`${at}.sideEffects`, hook.sideEffects, ["None", "NoneOnDryRun"]);
      const seconds = hook.timeoutSeconds;
      if (seconds !== undefined && (seconds > 30 || seconds < 1))
        problems.invalid(`${at}.timeoutSeconds`, seconds, "the timeout value must be between 1 and 30 seconds");
      if (kind === "Mutating" && hook.reinvocationPolicy !== undefined && !["IfNeeded", "Never"].includes(hook.reinvocationPolicy))
        problems.notSupported(`${at}.reinvocationPolicy`, hook.reinvocationPolicy, ["IfNeeded", "Never"]);
      validateLabelSelector(hook.namespaceSelector, `${at}.namespaceSelector`, problems);
      validateLabelSelector(hook.objectSelector, `${at}.objectSelector`, problems);
      validateWebhookClient(hook.clientConfig ?? {}, `${at}.clientConfig`, problems);
      if (checksConditions) checkMatchConditions(hook.matchConditions ?? [], false, `${at}.matchConditions`, problems);
      validateReviewVersions(hook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`, problems);
    }
  };
}

function validateReviewVersions(versions: readonly string[], at: string, problems: Problems): void {
  if (versions.length === 0) return problems.required(at, "must specify one of v1, v1beta1");
  for (const [i, version] of versions.entries())
    if (versions.indexOf(version) < i) problems.invalid(`${at}[${i}]`, version, "duplicate version");
    else problems.invalids(`${at}[${i}]`, version, checkDns1035Label(version));
  if (!versions.includes("v1") && !versions.includes("v1beta1")) problems.invalid(at, versions, "must include at least one of v1, v1beta1");
}

function sameConditions(next: readonly AnyObject[], old: readonly AnyObject[] | undefined): boolean {
  const of = (hooks: readonly AnyObject[]) => JSON.stringify(hooks.map(({ matchConditions }) => matchConditions ?? []));
  return old !== undefined && of(next) === of(old);
}

export function validateHookRule(rule: AnyObject, at: string, problems: Problems): void {
  const list = (key: string) => {
    const values: string[] = rule[key] ?? [];
    if (values.length === 0) problems.required(`${at}.${key}`);
    if (values.length > 1 && values.includes("*") && key !== "resources")
      problems.invalid(
        `${at}.${key}`,
        values,
        `if '*' is present, must not specify other ${key === "apiGroups" ? "API groups" : key === "apiVersions" ? "API versions" : key}`,
      );
    return values;
  };
  const operations = list("operations");
  for (const [i, operation] of operations.entries())
    if (!["CREATE", "UPDATE", "DELETE", "CONNECT", "*"].includes(operation))
      problems.notSupported(`${at}.operations[${i}]`, operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
  list("apiGroups");
  for (const [i, version] of list("apiVersions").entries()) if (version === "") problems.required(`${at}.apiVersions[${i}]`);
  validateHookResources(list("resources"), `${at}.resources`, problems);
  if (rule.scope !== undefined && !scopes.includes(rule.scope))
    problems.notSupported(`${at}.scope`, rule.scope, ["*", "Cluster", "Namespaced"]);
}

function validateHookResources(resources: readonly string[], at: string, problems: Problems): void {
  const withAllParts = new Set<string>();
  const partsOfAll = new Set<string>();
  let lastIsWhole = false;
  for (const [i, text] of resources.entries()) {
    const slash = text.indexOf("/");
    if (text === "") problems.required(`${at}[${i}]`);
    // Upstream remembers the last one only.
    else if (slash < 0) lastIsWhole = text !== "*";
    if (slash < 0) continue;
    const [resource, part] = [text.slice(0, slash), text.slice(slash + 1)];
    if (withAllParts.has(resource)) problems.invalid(`${at}[${i}]`, text, `if '${resource}/*' is present, must not specify ${text}`);
    if (partsOfAll.has(part)) problems.invalid(`${at}[${i}]`, text, `if '*/${part}' is present, must not specify ${text}`);
    if (part === "*") withAllParts.add(resource);
    if (resource === "*") partsOfAll.add(part);
  }
  if (resources.length > 1 && resources.includes("*/*"))
    problems.invalid(at, resources, "if '*/*' is present, must not specify other resources");
  if (resources.includes("*") && lastIsWhole)
    problems.invalid(at, resources, "if '*' is present, must not specify other resources without subresources");
}

export interface Webhook {
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: object;
  objectSelector?: object;
  timeoutSeconds?: number;
  reinvocationPolicy?: string;
  clientConfig?: { service?: { port?: number } };
  rules?: { scope?: string }[];
}

export const defaultWebhooks =
  (mutating: boolean) =>
  (object: { webhooks?: Webhook[] }): void => {
    for (const webhook of object.webhooks ?? []) {
      webhook.failurePolicy ??= "Fail";
      webhook.matchPolicy ??= "Equivalent";
      webhook.namespaceSelector ??= {};
      webhook.objectSelector ??= {};
      webhook.timeoutSeconds ??= 10;
      if (mutating) webhook.reinvocationPolicy ??= "Never";
      if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
      for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    }
  };

const form = "; desired format: https://host[/path]";

/** Exactly one of `url` and `service`. */
export function validateWebhookClient({ url, service }: AnyObject, at: string, problems: Problems): void {
  if ((url === undefined) === (service === undefined)) return problems.required(at, "exactly one of url or service is required");
  if (url !== undefined) validateUrl(url, `${at}.url`, problems);
  if (service) validateService(service, `${at}.service`, problems);
}

/** Scheme, authority, path, query and fragment as RFC 3986 splits them; `URL` would mend what is to be refused. */
const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function validateUrl(url: string, at: string, problems: Problems): void {
  const [, scheme = "", authority = "", , query = "", fragment = ""] = parts.exec(url) ?? [];
  const mark = authority.lastIndexOf("@");
  if (scheme !== "https") problems.invalid(at, scheme, `'https' is the only allowed URL scheme${form}`);
  if (authority.slice(mark + 1) === "") problems.invalid(at, "", `host must be specified${form}`);
  if (mark >= 0) problems.invalid(at, authority.slice(0, mark), "user information is not permitted in the URL");
  if (fragment !== "") problems.invalid(at, fragment, "fragments are not permitted in the URL");
  if (query !== "") problems.invalid(at, query, "query parameters are not permitted in the URL");
}

/** Upstream confuses name and namespace when it says which one is missing. */
function validateService({ name, namespace, port, path }: AnyObject, at: string, problems: Problems): void {
  if (!namespace) problems.required(`${at}.name`);
  if (!name) problems.required(`${at}.namespace`);
  if (port !== undefined && (port < 1 || port > 65535))
    problems.invalid(`${at}.port`, port, "port is not valid: must be between 1 and 65535, inclusive");
  if (path && path !== "/") validatePath(path, `${at}.path`, problems);
}

function validatePath(path: string, at: string, problems: Problems): void {
  if (path === "//") return problems.invalid(at, path, "segment[0] may not be empty");
  if (!path.startsWith("/")) problems.invalid(at, path, "must start with a '/'");
  for (const [i, step] of path.slice(1).replace(/\/$/, "").split("/").entries()) {
    if (step === "") problems.invalid(at, path, `segment[${i}] may not be empty`);
    else for (const text of checkDns1123Subdomain(step)) problems.invalid(at, path, `segment[${i}]: ${text}`);
  }
}
