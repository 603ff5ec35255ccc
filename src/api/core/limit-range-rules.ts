/** What the server knows of LimitRange: defaults, what a write may set, what is refused, what tables show. */
import { checkLabelKey } from "#codec/mod.ts";
import { namespacedMeta } from "../checks/config-data.ts";
import { fillIn } from "../checks/defaults.ts";
import { subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { nonNegativeQuantity, quantityOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateContainerResourceName, validateResourceName } from "../checks/resources.ts";
import { type AnyObject, rules } from "../rules.ts";
import type { LimitRange } from "./limit-range.ts";

export const limitRangeRules = rules<LimitRange>({
  names: subdomainName,
  createOnUpdate: true,
  counts: false,
  defaults: defaultLimitRange,
  check: {
    create: validateLimits,
    update(next, _old, problems) {
      validateObjectMeta(next.metadata, namespacedMeta, problems);
      validateLimits(next, problems);
    },
  },
});

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

function defaultLimitRange({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    if (item.max) fillIn(item, "default", item.max);
    if (item.default) fillIn(item, "defaultRequest", item.default);
    if (item.min) fillIn(item, "defaultRequest", item.min);
  }
}
