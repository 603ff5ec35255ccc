/** What becomes of a CustomResourceDefinition: the names that it gets, and the conditions that say so. Pure. */
import {
  type Approval,
  approvalOf,
  type CustomResourceDefinition,
  type CustomResourceDefinitionCondition,
  type CustomResourceDefinitionNames,
  isCaBundle,
} from "#api/mod.ts";
import { conditionOf, withCondition } from "#client/mod.ts";

type Condition = CustomResourceDefinitionCondition;

export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export const isTrue = ({ status }: CustomResourceDefinition, type: string): boolean =>
  conditionOf(status?.conditions ?? [], type)?.status === "True";

/** Whether its objects are served: as soon as it has its names, and for as long as it once had them. */
export const isServed = (definition: CustomResourceDefinition): boolean =>
  isTrue(definition, "NamesAccepted") || isTrue(definition, "Established");

/** The definition with the status that it should have; the same one when it has it already. `others`: all of its group. */
export function planDefinition(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  nowMs: number,
): CustomResourceDefinition {
  const { accepted, condition } = acceptedNames(definition, others);
  const approval = approvalCondition(definition);
  let conditions = definition.status?.conditions ?? [];
  const put = (next: Condition | undefined) => {
    if (next && !isSame(conditionOf(conditions, next.type!), next)) conditions = withCondition(conditions, next, nowMs);
  };
  put(condition);
  put(establishment(definition, condition.status === "True"));
  put(approval);
  const status = { ...definition.status, conditions, acceptedNames: accepted };
  return JSON.stringify(status) === JSON.stringify({ ...definition.status }) ? definition : { ...definition, status };
}

const isSame = (old: Condition | undefined, next: Condition): boolean =>
  old !== undefined && old.status === next.status && old.reason === next.reason && old.message === next.message;

interface Naming {
  accepted: CustomResourceDefinitionNames;
  condition: Condition;
}

/** Each name is taken on its own: what is free is given, and the last conflict is told of. */
function acceptedNames({ metadata, spec, status }: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Naming {
  const resources = new Set<string | undefined>();
  const kinds = new Set<string | undefined>();
  for (const other of others) {
    if (other.metadata.name === metadata.name) continue;
    const { plural, singular, shortNames = [], kind, listKind } = other.status?.acceptedNames ?? {};
    for (const name of [plural, singular, ...shortNames]) resources.add(name);
    for (const name of [kind, listKind]) kinds.add(name);
  }
  const wanted = spec?.names ?? {};
  const had = status?.acceptedNames ?? {};
  const accepted: CustomResourceDefinitionNames = { ...had };
  let conflict: { reason: string; message: string } | undefined;
  const inUse = (name: string | undefined) => `${JSON.stringify(name)} is already in use`;
  const take = (key: "plural" | "singular" | "kind" | "listKind", used: ReadonlySet<string | undefined>, reason: string) => {
    if (wanted[key] !== had[key] && used.has(wanted[key])) conflict = { reason, message: inUse(wanted[key]) };
    else if (wanted[key] !== undefined) accepted[key] = wanted[key];
  };
  take("plural", resources, "PluralConflict");
  take("singular", resources, "SingularConflict");
  const taken = (wanted.shortNames ?? []).filter((name) => !had.shortNames?.includes(name) && resources.has(name));
  if (taken.length > 0) conflict = { reason: "ShortNamesConflict", message: aggregate(taken.map(inUse)) };
  else if (wanted.shortNames?.length) accepted.shortNames = wanted.shortNames;
  else delete accepted.shortNames;
  take("kind", kinds, "KindConflict");
  take("listKind", kinds, "ListKindConflict");
  if (wanted.categories?.length) accepted.categories = wanted.categories;
  else delete accepted.categories;
  const condition: Condition = {
    type: "NamesAccepted",
    status: conflict ? "False" : "True",
    ...(conflict ?? { reason: "NoConflicts", message: "no conflicts found" }),
  };
  return { accepted, condition };
}

const aggregate = (texts: string[]): string => (texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`);

/** Once established, always established. */
function establishment(definition: CustomResourceDefinition, hasNames: boolean): Condition | undefined {
  if (isTrue(definition, "Established")) return undefined;
  if (!hasNames) return { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  const { caBundle } = definition.spec?.conversion?.webhook?.clientConfig ?? {};
  if (caBundle && !isCaBundle(caBundle))
    return { type: "Established", status: "False", reason: "InvalidCABundle", message: "The conversion webhook CABundle is invalid" };
  return { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" };
}

const approvals: Record<Approval["state"], [status: string, reason: string]> = {
  missing: ["False", "MissingAnnotation"],
  bypassed: ["False", "UnapprovedAnnotation"],
  approved: ["True", "ApprovedAnnotation"],
  invalid: ["False", "InvalidAnnotation"],
};

function approvalCondition(definition: CustomResourceDefinition): Condition | undefined {
  const approval = approvalOf(definition);
  if (!approval) return undefined;
  const [status, reason] = approvals[approval.state];
  return { type: "KubernetesAPIApprovalPolicyConformant", status, reason, message: approval.message };
}
