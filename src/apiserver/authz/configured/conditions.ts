/** `matchConditions` of an authorizer: whether a webhook is asked about a request at all. */
import { boolType, compile, environment, listOf, mapOf, objectOf, type Program, stringType, type Type, typeName } from "#codec/cel/mod.ts";
import type { ReviewSpec } from "./review.ts";

export interface Condition {
  source: string;
  program: Program;
}

const object = (name: string, fields: Record<string, Type>) =>
  objectOf(`kubernetes.${name}`, (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined));
const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, stringType]));
const strings = listOf(stringType);
const requirements = listOf(object("SelectorRequirement", { ...texts("key", "operator"), values: strings }));
const selector = (name: string) => object(name, { ...texts("rawSelector"), requirements });
const requestType = object("SubjectAccessReviewSpec", {
  resourceAttributes: object("ResourceAttributes", {
    ...texts("namespace", "verb", "group", "version", "resource", "subresource", "name"),
    fieldSelector: selector("FieldSelectorAttributes"),
    labelSelector: selector("LabelSelectorAttributes"),
  }),
  nonResourceAttributes: object("NonResourceAttributes", texts("path", "verb")),
  ...texts("user", "uid"),
  groups: strings,
  extra: mapOf(stringType, strings),
});
const within = environment({ variables: { request: requestType } });

/** A text says what is wrong with it. */
export function conditionOf(source: string): Condition | string {
  const { ok, issues } = compile(source, within);
  if (!ok) return `compilation failed: ${issues}`;
  if (ok.resultType.kind !== boolType.kind) return `must evaluate to bool but got ${typeName(ok.resultType)}`;
  return { source, program: ok };
}

/** False as soon as one does not hold, whatever is wrong with others. Throws what is wrong when none says no. */
export function allHold(conditions: readonly Condition[], request: ReviewSpec): boolean {
  const problems: string[] = [];
  for (const { source, program } of conditions) {
    const outcome = program.evaluate({ request });
    if (outcome.fault !== undefined) problems.push(`cel evaluation error: expression '${source}' resulted in error: ${outcome.fault}`);
    else if (outcome.value !== true) return false;
  }
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${[...new Set(problems)].join(", ")}]`);
  return true;
}
