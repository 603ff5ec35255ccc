/** Rules in CEL are compiled when a definition is written, and refused when they could cost too much. */
import { escapeName } from "#codec/cel/mod.ts";
import type { Problems } from "../checks/problems.ts";
import { type CompiledRule, compileRules } from "./cel-rules.ts";
import { type Declared, declaredOf, maxRequestBytes } from "./cel-types.ts";
import type { Structural, ValidationRuleJson } from "./structural.ts";

/** What one expression may cost in the worst case, and all of a schema. */
const mostOfOne = 10_000_000;
const mostOfAll = 100_000_000;

interface Place {
  path: string;
  declared: Declared | undefined;
  /** How often it can stand in an object; undefined: as often as a request has room. */
  times: number | undefined;
  /** The nearest list whose elements have no old value. */
  lost: string | undefined;
}

/** `unchanged`: rules that were taken before are not refused for their cost. */
export function checkRules(root: Structural, path: string, unchanged: boolean, problems: Problems): void {
  const total = new Total();
  const walk = (schema: Structural, isRoot: boolean, place: Place) => {
    for (const [name, own] of schema.properties ?? []) {
      const escaped = escapeName(name);
      const declared = escaped === undefined ? undefined : place.declared?.fields?.get(escaped);
      walk(own, own.embedded, below(schema, place, `${place.path}.properties[${name}]`, declared));
    }
    const { additional, items } = schema;
    if (typeof additional === "object")
      walk(additional, additional.embedded, below(schema, place, `${place.path}.additionalProperties`, place.declared?.element));
    if (items) {
      const next = below(schema, place, `${place.path}.items`, place.declared?.element);
      walk(items, items.embedded, schema.listType === "map" ? next : { ...next, lost: next.lost ?? place.path });
    }
    if (schema.rules.length > 0)
      checkNode(schema, { ...place, declared: place.declared ?? declaredOf(schema, isRoot) }, { total, unchanged }, problems);
  };
  walk(root, true, { path, declared: declaredOf(root, true), times: 1, lost: undefined });
  total.tell(path, problems);
}

function below(schema: Structural, { times, lost }: Place, path: string, declared: Declared | undefined): Place {
  const factor = mostBelow(schema);
  return { path, declared, lost, times: times === undefined || factor === undefined ? undefined : times * factor };
}

/** By how much a schema multiplies what is in it; undefined: nobody knows. */
function mostBelow({ type, additional, values }: Structural): number | undefined {
  if (type === "array") return values?.maxItems === undefined ? undefined : Math.max(0, values.maxItems);
  if (type !== "object" || additional === undefined) return 1;
  return values?.maxProperties === undefined ? undefined : Math.max(0, values.maxProperties);
}

function checkNode(schema: Structural, place: Place, { total, unchanged }: { total: Total; unchanged: boolean }, problems: Problems): void {
  const { path, declared, times, lost } = place;
  const at = `${path}.x-kubernetes-validations`;
  if (!declared)
    return problems.internal(
      at,
      "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations",
    );
  const most = times ?? Math.floor(maxRequestBytes / (declared.minSize + 1));
  for (const [i, rule] of compileRules(schema, declared).entries()) {
    const own = `${at}[${i}]`;
    const cost = rule.cost * most;
    if (!unchanged && cost > mostOfOne) problems.forbidden(`${own}.rule`, costText("estimated rule cost", cost, mostOfOne));
    total.add(`${own}.rule`, cost);
    if (rule.issues !== undefined) problems.invalid(`${own}.rule`, shown(rule.source), rule.issues);
    checkMessage(rule, own, { total, unchanged }, problems);
    if (rule.usesOldSelf) {
      if (lost !== undefined)
        problems.invalid(
          `${own}.rule`,
          rule.source.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${lost}`,
        );
    } else if (rule.source.optionalOldSelf !== undefined)
      problems.invalid(`${own}.optionalOldSelf`, rule.source.optionalOldSelf, "may not be set if oldSelf is not used in rule");
  }
}

function checkMessage(
  rule: CompiledRule,
  own: string,
  { total, unchanged }: { total: Total; unchanged: boolean },
  problems: Problems,
): void {
  const at = `${own}.messageExpression`;
  if (rule.messageIssues !== undefined) return problems.invalid(at, shown(rule.source), rule.messageIssues);
  if (!rule.message) return;
  if (!unchanged && rule.messageCost > mostOfOne)
    problems.forbidden(at, costText("estimated messageExpression cost", rule.messageCost, mostOfOne));
  total.add(at, rule.messageCost);
}

/** As upstream's own type prints. */
const shown = ({ rule, message = "", messageExpression = "", reason, fieldPath = "", optionalOldSelf }: ValidationRuleJson) => ({
  Rule: rule,
  Message: message,
  MessageExpression: messageExpression,
  Reason: reason ?? null,
  FieldPath: fieldPath,
  OptionalOldSelf: optionalOldSelf ?? null,
});

/** The costs of a schema, and the four dearest rules. */
class Total {
  #sum = 0;
  #dearest: { path: string; cost: number }[] = [];

  add(path: string, cost: number): void {
    this.#sum += cost;
    if (cost < mostOfAll / 100) return;
    this.#dearest = [...this.#dearest, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, 4);
  }
  tell(path: string, problems: Problems): void {
    if (this.#sum <= mostOfAll) return;
    for (const one of this.#dearest)
      problems.forbidden(one.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema");
    problems.forbidden(
      path,
      costText("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", this.#sum, mostOfAll),
    );
  }
}

function costText(what: string, cost: number, most: number): string {
  const factor = cost / most;
  const times = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
