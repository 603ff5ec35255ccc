/** What the server knows of MutatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */

import { type Environment, listOf, objectOf, type Type } from "#codec/cel/mod.ts";
import { admissionEnvironment, checkExpression, checkVariables, compileExpression } from "../checks/admission/expressions.ts";
import { patchTypes } from "../checks/admission/patches.ts";
import { checkConditions, defaultAdmissionPolicy, mutable, validatePolicy } from "../checks/admission/policies.ts";
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { MutatingAdmissionPolicySpec } from "./mutating-admission-policy.ts";
import { paramKindText } from "./policy-cells.ts";

export const mutatingAdmissionPolicyRules = rules<MutatingAdmissionPolicy>({
  conditional: true,
  commonMeta: true,
  defaults: defaultAdmissionPolicy,
  check: {
    create: (next, problems) => validateMutatingAdmissionPolicy(next, undefined, problems),
    update: (next, old, problems) => validateMutatingAdmissionPolicy(next, old, problems),
  },
  cells: (o, now) => [nameOf(o), o.spec?.mutations?.length ?? 0, paramKindText(o), ageOf(o, now)],
});

function validateMutatingAdmissionPolicy(policy: AnyObject, before: AnyObject | undefined, problems: Problems): void {
  const { spec = {} } = policy;
  validatePolicy(policy, problems);
  for (const { operations = [] } of spec.matchConstraints?.resourceRules ?? [])
    for (const operation of operations)
      if (!mutable.includes(operation)) problems.notSupported("spec.matchConstraints.resourceRules.operations", operation, mutable);
  checkConditions(spec, before?.spec, problems);
  const hasParams = spec.paramKind !== undefined;
  const variables = checkVariables(spec.variables ?? [], hasParams, problems);
  if (!spec.mutations?.length) problems.required("spec.mutations", "mutations must contain at least one item");
  const env = admissionEnvironment({ hasParams, hasAuthorizer: true, patches: patchTypes, variables });
  for (const [i, mutation] of (spec.mutations ?? []).entries()) validateMutation(mutation, env, `spec.mutations[${i}]`, problems);
  if (!spec.reinvocationPolicy) problems.required("spec.reinvocationPolicy");
  checkFields(MutatingAdmissionPolicySpec, spec, "spec", ["reinvocationPolicy"], problems);
}

const patchKinds: Record<string, { field: "applyConfiguration" | "jsonPatch"; other: "applyConfiguration" | "jsonPatch"; returns: Type }> =
  {
    ApplyConfiguration: { field: "applyConfiguration", other: "jsonPatch", returns: objectOf("Object") },
    JSONPatch: { field: "jsonPatch", other: "applyConfiguration", returns: listOf(objectOf("JSONPatch")) },
  };

function validateMutation(mutation: AnyObject, env: Environment, path: string, problems: Problems): void {
  const { patchType } = mutation;
  if (!patchType) return problems.required(`${path}.patchType`);
  const kind = Object.hasOwn(patchKinds, patchType) ? patchKinds[patchType] : undefined;
  if (!kind) return problems.notSupported(`${path}.patchType`, patchType, Object.keys(patchKinds));
  const { field, other, returns } = kind;
  if (!mutation[field]) problems.required(`${path}.${field}`, `must be specified when patchType is ${patchType}`);
  else {
    const source: string = (mutation[field].expression ?? "").trim();
    if (source === "") problems.required(`${path}.${field}.expression`);
    else checkExpression(compileExpression(source, env, [returns]), source, `${path}.${field}.expression`, problems);
  }
  if (mutation[other]) problems.invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`);
}
