/** What the server knows of ValidatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */

import {
  admissionEnvironment,
  annotation,
  checkExpression,
  checkVariables,
  compileExpression,
  condition,
  type ExpressionScope,
  message,
} from "../checks/admission/expressions.ts";
import { checkConditions, defaultAdmissionPolicy, validatePolicy } from "../checks/admission/policies.ts";
import { validateConditions } from "../checks/conditions.ts";
import { internalShape } from "../checks/internal-shape.ts";
import { qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import { paramKindText } from "./policy-cells.ts";
import { AuditAnnotation, type ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";

export const validatingAdmissionPolicyRules = rules<ValidatingAdmissionPolicy>({
  conditional: true,
  commonMeta: true,
  status: () => ({}),
  statusKeeps: "all",
  defaults: defaultAdmissionPolicy,
  check: {
    create: (next, problems) => validateValidatingAdmissionPolicy(next, undefined, problems),
    update: (next, old, problems) => validateValidatingAdmissionPolicy(next, old, problems),
    sub: { status: checkPolicyStatus },
  },
  cells: (o, now) => [nameOf(o), o.spec?.validations?.length ?? 0, paramKindText(o), ageOf(o, now)],
});

function checkPolicyStatus({ status = {} }: AnyObject, _old: AnyObject, problems: Problems): void {
  for (const [i, { warning, fieldRef = "" }] of ((status.typeChecking?.expressionWarnings ?? []) as AnyObject[]).entries()) {
    const at = `status.typeChecking.expressionWarnings[${i}]`;
    if (!warning) problems.required(`${at}.warning`);
    if (!fieldRef.trim()) problems.required(`${at}.fieldRef`);
  }
  validateConditions(status.conditions, "status.conditions", problems);
}

function validateValidatingAdmissionPolicy(policy: AnyObject, before: AnyObject | undefined, problems: Problems): void {
  const { metadata, spec = {} } = policy;
  validatePolicy(policy, problems);
  checkConditions(spec, before?.spec, problems);
  const hasParams = spec.paramKind !== undefined;
  const variables = spec.variables?.length ? checkVariables(spec.variables, hasParams, problems) : undefined;
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    for (const name of ["validations", "auditAnnotations"])
      problems.required(`spec.${name}`, "validations or auditAnnotations must contain at least one item");
    return;
  }
  for (const [i, validation] of validations.entries())
    validateValidation(validation, { hasParams, variables }, `spec.validations[${i}]`, problems);
  validateAnnotations(auditAnnotations, metadata?.name ?? "", { hasParams, variables }, problems);
}

type Scope = Pick<ExpressionScope, "hasParams" | "variables">;
const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

function validateValidation(validation: AnyObject, scope: Scope, path: string, problems: Problems): void {
  const { expression = "", messageExpression = "", message: text = "", reason } = validation;
  if (expression.trim() === "") problems.required(`${path}.expression`, "expression is not specified");
  else {
    const compiled = compileExpression(expression, admissionEnvironment({ ...scope, hasAuthorizer: true }), condition);
    checkExpression(compiled, expression, `${path}.expression`, problems);
  }
  if (messageExpression !== "" && messageExpression.trim() === "")
    problems.invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified");
  else if (messageExpression !== "") {
    const compiled = compileExpression(messageExpression, admissionEnvironment({ ...scope, hasAuthorizer: false }), message);
    checkExpression(compiled, messageExpression, `${path}.messageExpression`, problems);
  }
  if (text !== "" && text.trim() === "") problems.invalid(`${path}.message`, text, "must be non-empty if specified");
  else if (/[\n\r]/.test(text.trim())) problems.invalid(`${path}.message`, text, "must not contain line breaks");
  if (reason !== undefined && !reasons.includes(reason)) problems.notSupported(`${path}.reason`, reason, reasons);
}

const mostAnnotations = 20;
const longestValueExpression = 5 * 1024;

function validateAnnotations(annotations: readonly AnyObject[], policy: string, scope: Scope, problems: Problems): void {
  const path = "spec.auditAnnotations";
  if (annotations.length > mostAnnotations)
    problems.invalid(
      path,
      annotations.map((one) => internalShape(AuditAnnotation, one)),
      `must not have more than ${mostAnnotations} auditAnnotations`,
    );
  const keys = new Set<string>();
  const env = admissionEnvironment({ ...scope, hasAuthorizer: true });
  for (const [i, { key = "", valueExpression = "" }] of annotations.entries()) {
    const at = `${path}[${i}]`;
    if (policy === "") problems.invalid(`${at}.key`, key, "requires metadata.name be non-empty");
    else qualifiedName(`${policy}/${key}`, `${at}.key`, problems);
    const source = valueExpression.trim();
    if (source === "") problems.required(`${at}.valueExpression`, "valueExpression is not specified");
    else if (Buffer.byteLength(source) > longestValueExpression)
      problems.required(`${at}.valueExpression`, `must not exceed ${longestValueExpression} bytes in length`);
    else checkExpression(compileExpression(source, env, annotation), valueExpression, `${at}.valueExpression`, problems);
    if (keys.has(key)) problems.duplicate(`${at}.key`, key);
    keys.add(key);
  }
}
