/** What an access review may ask, and its selectors as an authorizer reads them. */
import type { LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from "#api/mod.ts";
import {
  checkLabelKey,
  checkLabelValue,
  type FieldRequirement,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  SelectorError,
} from "#codec/mod.ts";
import type { RequestInfo } from "../contract.ts";
import { type FieldProblem, invalid } from "../request/errors.ts";

type Review = SubjectAccessReview | LocalSubjectAccessReview | SelfSubjectAccessReview;
type Attributes = NonNullable<NonNullable<SubjectAccessReview["spec"]>["resourceAttributes"]>;
type Selector = NonNullable<Attributes["fieldSelector"]> | NonNullable<Attributes["labelSelector"]>;

const problem = (type: "Invalid" | "Required", field: string, why: string, value?: unknown): FieldProblem => {
  const body = type === "Required" ? `Required value: ${why}` : `Invalid value: ${JSON.stringify(value)}: ${why}`;
  return { type: `FieldValue${type}`, field, message: `${field}: ${body}`, body };
};

export function refuseInvalid(problems: FieldProblem[]): void {
  // Upstream names no kind here.
  if (problems.length > 0) throw invalid({ group: "authorization.k8s.io", resource: "" }, "", problems);
}

export function reviewProblems(review: Review, kind: "subject" | "local" | "self"): FieldProblem[] {
  const {
    resourceAttributes: resource,
    nonResourceAttributes: url,
    user,
    groups,
  } = (review.spec ?? {}) as NonNullable<SubjectAccessReview["spec"]>;
  // As upstream shows its own form of it.
  const shownUrl = { Path: url?.path ?? "", Verb: url?.verb ?? "" };
  const out: FieldProblem[] = [];
  if (resource && url)
    out.push(problem("Invalid", "spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes", shownUrl));
  if (!resource && !url)
    out.push(
      problem("Invalid", "spec.resourceAttributes", "exactly one of nonResourceAttributes or resourceAttributes must be specified", null),
    );
  if (kind !== "self" && !user && !groups?.length)
    out.push(problem("Invalid", "spec.user", "at least one of user or group must be specified", user ?? ""));
  for (const which of ["fieldSelector", "labelSelector"] as const)
    if (resource?.[which]) out.push(...selectorProblems(resource[which], `spec.resourceAttributes.${which}`));
  const { managedFields: _, namespace, ...metadata } = review.metadata ?? {};
  // Of what is in no namespace, one that is said anyhow was dropped before.
  if (Object.keys(metadata).length > 0)
    out.push(problem("Invalid", "metadata", kind === "local" ? "must be empty except for namespace" : "must be empty", review.metadata));
  if (kind !== "local") return out;
  if (resource && (resource.namespace ?? "") !== (namespace ?? ""))
    out.push(problem("Invalid", "spec.resourceAttributes.namespace", "must match metadata.namespace", resource.namespace ?? ""));
  if (url) out.push(problem("Invalid", "spec.nonResourceAttributes", "disallowed on this kind of request", shownUrl));
  return out;
}

function selectorProblems({ rawSelector, requirements = [] }: Selector, at: string): FieldProblem[] {
  const out: FieldProblem[] = [];
  if (rawSelector && requirements.length > 0)
    out.push(problem("Invalid", `${at}.rawSelector`, "may not specified at the same time as requirements", rawSelector));
  if (!rawSelector && requirements.length === 0)
    out.push(problem("Required", `${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`));
  for (const [i, { key, operator, values }] of requirements.entries()) {
    const here = `${at}.requirements[${i}]`;
    // An operator that is not known may be one of tomorrow: it is left out of the question.
    if ((operator === "In" || operator === "NotIn") && !values?.length)
      out.push(problem("Required", `${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    if (!at.endsWith("labelSelector")) {
      if (!key) out.push(problem("Required", `${here}.key`, "must be specified"));
      continue;
    }
    for (const why of checkLabelKey(key ?? "")) out.push(problem("Invalid", `${here}.key`, why, key ?? ""));
    for (const [v, value] of (values ?? []).entries())
      for (const why of checkLabelValue(value)) out.push(problem("Invalid", `${here}.values[${v}]`, why, value));
  }
  return out;
}

type Read = Pick<RequestInfo, "labelRequirements" | "fieldRequirements">;

/** Requirements are all to hold, so that leaving one out only asks for more than was meant. */
export function readSelectors({ fieldSelector: field, labelSelector: label }: Attributes): { read: Read; ignored: string[] } {
  const read: Read = {};
  const ignored: string[] = [];
  const note = (which: string, kept: number) =>
    void ignored.push(`spec.resourceAttributes.${which} ${kept > 0 ? "partially " : ""}ignored due to parse error`);
  if (field) {
    const { kept, failed } = field.rawSelector
      ? parsed(() => parseFieldSelector(field.rawSelector!))
      : sorted(field.requirements, fieldRequirement);
    if (kept.length > 0) read.fieldRequirements = kept;
    if (failed) note("fieldSelector", kept.length);
  }
  if (label) {
    const { kept, failed } = label.rawSelector
      ? parsed(() => [...parseLabelSelector(label.rawSelector!).requirements])
      : sorted(label.requirements, labelRequirement);
    if (kept.length > 0) read.labelRequirements = kept;
    if (failed) note("labelSelector", kept.length);
  }
  return { read, ignored };
}

interface Sorted<T> {
  kept: T[];
  failed: boolean;
}

function parsed<T>(parse: () => T[]): Sorted<T> {
  try {
    return { kept: parse(), failed: false };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { kept: [], failed: true };
  }
}

type Written = { key?: string; operator?: string; values?: string[] };

function sorted<T>(requirements: Written[] | undefined, read: (requirement: Written) => T | undefined): Sorted<T> {
  const all = (requirements ?? []).map(read);
  const kept = all.filter((each) => each !== undefined);
  return { kept, failed: kept.length < all.length };
}

function fieldRequirement({ key = "", operator, values = [] }: Written): FieldRequirement | undefined {
  return values.length === 1 && (operator === "In" || operator === "NotIn")
    ? { field: key, equal: operator === "In", value: values[0]! }
    : undefined;
}

function labelRequirement({ key = "", operator, values = [] }: Written): Requirement | undefined {
  return operator === "In" || operator === "NotIn" || operator === "Exists" || operator === "DoesNotExist"
    ? { key, operator, values }
    : undefined;
}
