/** ConfigMaps, Secrets, Namespaces, ServiceAccounts, limits and quotas. */
import { checkConfigKey, checkLabelKey } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, labelName, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { isWhole, nonNegativeQuantity, quantityOf } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { isStandardResource, validateContainerResourceName, validateResourceAmount, validateResourceName } from "./resources.ts";
import type { KindRules } from "./rules.ts";

const maxData = 1024 * 1024;
const frozen = "field is immutable when `immutable` is set";
const base64Size = (text: string) => Buffer.byteLength(text, "base64");
const namespacedMeta = { namespaced: true, name: subdomainName, ofKind: true };

function validateConfigMap({ data = {}, binaryData = {} }: AnyObject, problems: Problems): void {
  let size = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    problems.invalids(`data[${key}]`, key, checkConfigKey(key));
    if (Object.hasOwn(binaryData, key)) problems.invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries<string>(binaryData)) {
    problems.invalids(`binaryData[${key}]`, key, checkConfigKey(key));
    size += base64Size(value);
  }
  if (size > maxData) problems.tooLong("", maxData);
}

function validateImmutable(next: AnyObject, old: AnyObject, parts: readonly string[], problems: Problems): void {
  if (!old.immutable) return;
  if (!next.immutable) problems.forbidden("immutable", frozen);
  for (const part of parts) if (!semanticEqual(next[part], old[part])) problems.forbidden(part, frozen);
}

export const configMapRules: KindRules = {
  name: subdomainName,
  create: validateConfigMap,
  update(next, old, problems) {
    validateImmutable(next, old, ["data", "binaryData"], problems);
    validateObjectMeta(next.metadata, namespacedMeta, problems);
    validateConfigMap(next, problems);
  },
};

function validateSecret(secret: AnyObject, problems: Problems): void {
  const { data = {}, type = "" } = secret;
  let size = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    problems.invalids(`data[${key}]`, key, checkConfigKey(key));
    size += base64Size(value);
  }
  if (size > maxData) problems.tooLong("data", maxData);
  const has = (key: string) => Object.hasOwn(data, key);
  const need = (key: string) => {
    if (!has(key)) problems.required(`data[${key}]`);
  };
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!secret.metadata.annotations?.["kubernetes.io/service-account.name"])
        problems.required("metadata.annotations[kubernetes.io/service-account.name]");
      return;
    case "kubernetes.io/dockercfg":
      return validateJson(data, ".dockercfg", problems);
    case "kubernetes.io/dockerconfigjson":
      return validateJson(data, ".dockerconfigjson", problems);
    case "kubernetes.io/basic-auth":
      if (!has("username") && !has("password")) {
        problems.required("data[username]");
        problems.required("data[password]");
      }
      return;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) problems.required("data[ssh-privatekey]");
      return;
    case "kubernetes.io/tls":
      need("tls.crt");
      need("tls.key");
  }
}

function validateJson(data: Record<string, string>, key: string, problems: Problems): void {
  if (data[key] === undefined) return problems.required(`data[${key}]`);
  try {
    const value = JSON.parse(Buffer.from(data[key], "base64").toString());
    if (typeof value !== "object" || Array.isArray(value))
      throw new Error("json: cannot unmarshal into Go value of type map[string]interface {}");
  } catch (error) {
    const text = Buffer.from(data[key], "base64").toString();
    problems.invalid(`data[${key}]`, "<secret contents redacted>", text === "" ? "unexpected end of JSON input" : (error as Error).message);
  }
}

export const secretRules: KindRules = {
  name: subdomainName,
  create: validateSecret,
  update(next, old, problems) {
    immutable(next.type, old.type, "type", problems, "");
    validateImmutable(next, old, ["data"], problems);
    validateObjectMeta(next.metadata, namespacedMeta, problems);
    validateSecret(next, problems);
  },
};

function validateNamespaceFinalizers(namespace: AnyObject, problems: Problems): void {
  for (const finalizer of namespace.spec?.finalizers ?? []) {
    problems.invalids("spec.finalizers", finalizer, checkLabelKey(finalizer));
    if (!finalizer.includes("/") && !["kubernetes", "foregroundDeletion", "orphan"].includes(finalizer))
      problems.invalid("spec.finalizers", finalizer, "name is neither a standard finalizer name nor is it fully qualified");
  }
}

export const namespaceRules: KindRules = {
  name: labelName,
  create: validateNamespaceFinalizers,
  status(next, _old, problems) {
    const { phase } = next.status ?? {};
    const deleting = next.metadata.deletionTimestamp !== undefined;
    if (!deleting && phase !== "Active")
      problems.invalid("status.Phase", phase ?? "", "may only be 'Active' if `deletionTimestamp` is empty");
    if (deleting && phase !== "Terminating")
      problems.invalid("status.Phase", phase ?? "", "may only be 'Terminating' if `deletionTimestamp` is not empty");
  },
  subresources: { finalize: (next, _old, problems) => validateNamespaceFinalizers(next, problems) },
};

export const serviceAccountRules: KindRules = {
  name: subdomainName,
  update: (next, _old, problems) => validateObjectMeta(next.metadata, namespacedMeta, problems),
};

function validateQuota({ spec = {}, status = {} }: AnyObject, problems: Problems): void {
  validateHard(spec.hard, "spec.hard", problems);
  const scopes: string[] = spec.scopes ?? [];
  const known = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
  ];
  const set = new Set(scopes);
  for (const scope of scopes) {
    if (!known.includes(scope)) problems.invalid("spec.scopes", scopes, "unsupported scope");
    for (const name of Object.keys(spec.hard ?? {}))
      if (isStandardResource(name) && scope === "BestEffort" && name !== "pods" && name !== "requests.pods")
        problems.invalid("spec.scopes", scopes, "unsupported scope applied to resource");
  }
  if ((set.has("BestEffort") && set.has("NotBestEffort")) || (set.has("Terminating") && set.has("NotTerminating")))
    problems.invalid("spec.scopes", scopes, "conflicting scopes");
  validateHard(status.hard, "status.hard", problems);
  validateHard(status.used, "status.used", problems);
}

function validateHard(hard: Record<string, string> | undefined, field: string, problems: Problems): void {
  for (const [name, amount] of Object.entries(hard ?? {})) {
    const at = `${field}[${name}]`;
    validateResourceName(name, at, problems);
    if (!name.includes("/") && !isStandardResource(name)) problems.invalid(at, name, "must be a standard resource for quota");
    validateResourceAmount(name, amount, at, problems);
    if (name.startsWith("count/") && !isWhole(amount)) problems.invalid(at, amount, "must be an integer");
  }
}

export const resourceQuotaRules: KindRules = {
  name: subdomainName,
  create: validateQuota,
  update(next, old, problems) {
    validateQuota(next, problems);
    const sorted = (quota: AnyObject) => [...(quota.spec?.scopes ?? [])].sort();
    if (!semanticEqual(sorted(next), sorted(old))) problems.invalid("spec.scopes", next.spec?.scopes ?? null, "field is immutable");
  },
  status(next, _old, problems) {
    for (const part of ["hard", "used"]) validateHard(next.status?.[part], `status.${part}`, problems);
  },
};

function validateLimits({ spec = {} }: AnyObject, problems: Problems): void {
  const types = new Set<string>();
  for (const [i, limit] of (spec.limits ?? []).entries()) {
    const at = `spec.limits[${i}]`;
    const { type = "", max, min, default: fallback, defaultRequest, maxLimitRequestRatio } = limit;
    problems.invalids(`${at}.type`, type, checkLabelKey(type));
    if (!type.includes("/") && !["Pod", "Container", "PersistentVolumeClaim"].includes(type) && checkLabelKey(type).length === 0)
      problems.invalid(`${at}.type`, type, "must be a standard limit type or fully qualified");
    if (types.has(type)) problems.duplicate(`${at}.type`, type);
    types.add(type);
    if (type === "Pod") {
      if (Object.keys(fallback ?? {}).length > 0) problems.forbidden(`${at}.default`, "may not be specified when `type` is 'Pod'");
      if (Object.keys(defaultRequest ?? {}).length > 0)
        problems.forbidden(`${at}.defaultRequest`, "may not be specified when `type` is 'Pod'");
    }
    if (type === "PersistentVolumeClaim" && !min?.storage && !max?.storage)
      problems.required(`${at}.limits`, "either minimum or maximum storage value is required, but neither was provided");
    const names = new Set<string>();
    for (const [part, amounts] of Object.entries({ max, min, default: fallback, defaultRequest, maxLimitRequestRatio }))
      for (const [name, amount] of Object.entries<string>(amounts ?? {})) {
        names.add(name);
        if (type === "Container") validateContainerResourceName(name, `${at}.${part}[${name}]`, problems);
        else validateResourceName(name, `${at}.${part}[${name}]`, problems);
        nonNegativeQuantity(amount, `${at}.${part}[${name}]`, problems);
      }
    for (const name of names) {
      const get = (amounts: Record<string, string> | undefined) =>
        amounts?.[name] === undefined ? undefined : quantityOf(amounts[name]).nanos;
      const [low, high, usual, request] = [get(min), get(max), get(fallback), get(defaultRequest)];
      const text = (amounts: Record<string, string>) => amounts[name];
      if (low !== undefined && high !== undefined && low > high)
        problems.invalid(`${at}.min[${name}]`, text(min), `min value ${text(min)} is greater than max value ${text(max)}`);
      if (request !== undefined && low !== undefined && low > request)
        problems.invalid(
          `${at}.defaultRequest[${name}]`,
          text(defaultRequest),
          `min value ${text(min)} is greater than default request value ${text(defaultRequest)}`,
        );
      if (request !== undefined && high !== undefined && request > high)
        problems.invalid(
          `${at}.defaultRequest[${name}]`,
          text(defaultRequest),
          `default request value ${text(defaultRequest)} is greater than max value ${text(max)}`,
        );
      if (request !== undefined && usual !== undefined && request > usual)
        problems.invalid(
          `${at}.defaultRequest[${name}]`,
          text(defaultRequest),
          `default request value ${text(defaultRequest)} is greater than default limit value ${text(fallback)}`,
        );
      if (usual !== undefined && low !== undefined && low > usual)
        problems.invalid(`${at}.default[${name}]`, text(min), `min value ${text(min)} is greater than default value ${text(fallback)}`);
      if (usual !== undefined && high !== undefined && usual > high)
        problems.invalid(`${at}.default[${name}]`, text(max), `default value ${text(fallback)} is greater than max value ${text(max)}`);
    }
  }
}

export const limitRangeRules: KindRules = {
  name: subdomainName,
  create: validateLimits,
  update(next, _old, problems) {
    validateObjectMeta(next.metadata, namespacedMeta, problems);
    validateLimits(next, problems);
  },
};
