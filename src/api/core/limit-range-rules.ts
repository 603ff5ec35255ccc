/** What the server knows of LimitRange: defaults, what a write may set, what is refused, what tables show. */
import { checkLabelKey } from "#codec/mod.ts";
import { namespacedMeta } from "../checks/config-data.ts";
import { fillIn } from "../checks/defaults.ts";
import { subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { quantityOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from "../checks/resources.ts";
import { type AnyObject, rules } from "../rules.ts";
import type { LimitRange } from "./limit-range.ts";

export const limitRangeRules = rules<LimitRange>({
  names: subdomainName,
  ownMeta: true,
  createOnUpdate: true,
  counts: false,
  defaults: defaultLimitRange,
  prepare: {
    // One without a name is given one, as nothing else is.
    create({ metadata }) {
      metadata.name ||= metadata.uid;
    },
  },
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
    const isPod = type === "Pod";
    const names = new Set<string>();
    const see = (parts: Parts) => {
      for (const [part, amounts] of Object.entries(parts))
        for (const name of Object.keys(amounts ?? {})) {
          names.add(name);
          if (isPod || type === "Container") validateContainerResourceName(name, `${at}.${part}[${name}]`, problems);
          else validateResourceName(name, `${at}.${part}[${name}]`, problems);
        }
    };
    const usual: Parts = { default: fallback, defaultRequest };
    see({ max, min });
    if (!isPod) see(usual);
    else
      for (const [part, amounts] of Object.entries(usual))
        if (Object.keys(amounts ?? {}).length > 0) problems.forbidden(`${at}.${part}`, "may not be specified when `type` is 'Pod'");
    if (type === "PersistentVolumeClaim" && !min?.storage && !max?.storage)
      problems.required(`${at}.limits`, "either minimum or maximum storage value is required, but neither was provided");
    see({ maxLimitRequestRatio });
    const parts: Parts = { max, min, maxLimitRequestRatio, ...(isPod ? {} : usual) };
    for (const name of names) validateAmounts(parts, name, at, problems);
  }
}

type Parts = Partial<Record<"max" | "min" | "default" | "defaultRequest" | "maxLimitRequestRatio", Record<string, string>>>;

/** How the amounts of one resource go together. */
function validateAmounts(parts: Parts, name: string, at: string, problems: Problems): void {
  const textOf = (part: keyof Parts) => parts[part]?.[name];
  const nanosOf = (part: keyof Parts) => (textOf(part) === undefined ? undefined : quantityOf(textOf(part)).nanos);
  const exceeds = (a: keyof Parts, b: keyof Parts) => {
    const [high, low] = [nanosOf(a), nanosOf(b)];
    return high !== undefined && low !== undefined && high > low;
  };
  /** `told`: the part whose amount and path are shown. */
  const tell = (told: keyof Parts, shown: keyof Parts, text: string) => problems.invalid(`${at}.${told}[${name}]`, textOf(shown), text);
  const [min, max, usual, request] = [textOf("min"), textOf("max"), textOf("default"), textOf("defaultRequest")];
  if (exceeds("min", "max")) tell("min", "min", `min value ${min} is greater than max value ${max}`);
  if (exceeds("min", "defaultRequest"))
    tell("defaultRequest", "defaultRequest", `min value ${min} is greater than default request value ${request}`);
  if (exceeds("defaultRequest", "max"))
    tell("defaultRequest", "defaultRequest", `default request value ${request} is greater than max value ${max}`);
  if (exceeds("defaultRequest", "default"))
    tell("defaultRequest", "defaultRequest", `default request value ${request} is greater than default limit value ${usual}`);
  if (exceeds("min", "default")) tell("default", "min", `min value ${min} is greater than default value ${usual}`);
  if (exceeds("default", "max")) tell("default", "max", `default value ${usual} is greater than max value ${max}`);
  const ratio = textOf("maxLimitRequestRatio");
  if (ratio !== undefined) {
    const asked = Number(nanosOf("maxLimitRequestRatio")!) / 1e9;
    if (asked < 1) tell("maxLimitRequestRatio", "maxLimitRequestRatio", `ratio ${ratio} is less than 1`);
    const most = min === undefined || max === undefined ? Number.POSITIVE_INFINITY : Number(nanosOf("max")) / Number(nanosOf("min"));
    if (asked > most) tell("maxLimitRequestRatio", "maxLimitRequestRatio", `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
  }
  if (!isOvercommitAllowed(name) && usual !== undefined && request !== undefined && nanosOf("default") !== nanosOf("defaultRequest"))
    tell("defaultRequest", "defaultRequest", `default value ${usual} must equal to defaultRequest value ${request} in ${name}`);
}

function defaultLimitRange({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    if (item.max) fillIn(item, "default", item.max);
    if (item.default) fillIn(item, "defaultRequest", item.default);
    if (item.min) fillIn(item, "defaultRequest", item.min);
  }
}
