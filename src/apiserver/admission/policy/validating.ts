/** ValidatingAdmissionPolicy: rules in CEL that deny, warn, or are written into the audit log. */
import {
  annotation,
  compileExpression,
  condition,
  type KubeObject,
  message,
  type Namespace,
  namespaces,
  type ValidatingAdmissionPolicy,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from "#api/mod.ts";
import type { AdmissionPlugin, Attributes, Authorizer } from "../../contract.ts";
import type { ApiError } from "../../request/errors.ts";
import { refused } from "../refused.ts";
import { budgetOfPolicy, conditionsHold, type Evaluated, evaluateAll, OverBudget, type Sourced } from "./evaluate.ts";
import { knownAs } from "./matching.ts";
import { collectParams, Misconfigured, paramResource } from "./params.ts";
import { type Binding, type CompiledPolicy, compilePolicy, isExempt, Policies, type PolicyParts } from "./policies.ts";
import { type Bindings, type Known, namespaceShown, requestBindings } from "./variables.ts";

interface Validating extends CompiledPolicy {
  validations: readonly (Sourced & { message: string; reason: string })[];
  messages: readonly (Sourced | undefined)[];
  annotations: readonly (Sourced & { key: string })[];
}

interface Decision {
  message: string;
  reason?: string;
  /** Its place among the validations. */
  index: number;
}

interface Denial extends Omit<Decision, "index"> {
  policy: string;
  binding?: string;
}

export function validatingPolicies(parts: PolicyParts, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const kinds = { policies: validatingadmissionpolicies, bindings: validatingadmissionpolicybindings };
  const policies = new Policies(parts.storage, kinds, compiled);
  return {
    name: "ValidatingAdmissionPolicy",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["*"] }],
    validate(attributes) {
      const bound = policies.bound();
      return bound.length === 0 || isExempt(attributes) ? undefined : new Request(attributes, parts, authorizers).validate(bound);
    },
  };
}

function compiled(object: KubeObject): Validating {
  const { metadata, spec = {} } = object as ValidatingAdmissionPolicy;
  const policy = compilePolicy(metadata.name ?? "", spec as CompiledPolicy["spec"]);
  const [env, withoutAuthorizer] = [policy.environment(), policy.environment({ hasAuthorizer: false })];
  return {
    ...policy,
    validations: (spec.validations ?? []).map(({ expression: source = "", message = "", reason = "Invalid" }) => ({
      source,
      expression: compileExpression(source, env, condition),
      message,
      reason,
    })),
    messages: (spec.validations ?? []).map(({ messageExpression: source }) =>
      source ? { source, expression: compileExpression(source, withoutAuthorizer, message) } : undefined,
    ),
    annotations: (spec.auditAnnotations ?? []).map(({ key = "", valueExpression: source = "" }) => ({
      key,
      source,
      expression: compileExpression(source, env, annotation),
    })),
  };
}

class Request {
  readonly #attributes: Attributes;
  readonly #parts: PolicyParts;
  readonly #authorizers: readonly Authorizer[];
  readonly #denials: Denial[] = [];

  constructor(attributes: Attributes, parts: PolicyParts, authorizers: readonly Authorizer[]) {
    this.#attributes = attributes;
    this.#parts = parts;
    this.#authorizers = authorizers;
  }

  async validate(bound: ReturnType<Policies<Validating>["bound"]>): Promise<void> {
    for (const { policy, bindings } of bound) {
      const annotations = new Map<string, Set<string>>();
      await this.#guarded(policy, undefined, async () => {
        const known = knownAs(policy.spec.matchConstraints, this.#attributes, this.#parts);
        if (!known) return;
        const params = policy.spec.paramKind && paramResource(policy.spec.paramKind, this.#parts.catalog);
        for (const binding of bindings)
          await this.#guarded(policy, binding, async () => {
            if (!knownAs(binding.spec?.matchResources, this.#attributes, this.#parts)) return;
            for (const param of collectParams(params, binding.spec?.paramRef, this.#attributes.namespace, this.#parts.storage))
              await this.#validateWith(policy, binding, this.#bindings(known, param), annotations);
          });
      });
      for (const [key, values] of annotations) this.#attributes.annotate(`${policy.name}/${key}`, [...values].join(", "));
    }
    const [first] = this.#denials;
    if (first) throw denied(this.#attributes, first);
  }

  /** What is wrong with the policy itself counts by its failure policy. */
  async #guarded(policy: Validating, binding: Binding | undefined, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Misconfigured) && !isRefusal(error)) throw error;
      if (policy.failsOpen) return;
      const message = `failed to configure ${binding ? "binding" : "policy"}: ${(error as Error).message}`;
      this.#denials.push({ policy: policy.name, binding: binding?.metadata.name, message });
    }
  }

  #bindings(known: Known, params: KubeObject | null): Bindings {
    const { namespace, kind } = this.#attributes;
    const isNamespace = kind.group === "" && kind.kind === "Namespace";
    const found =
      namespace === "" || isNamespace ? undefined : (this.#parts.storage.get(namespaces, { name: namespace }) as Namespace | undefined);
    return {
      ...requestBindings(this.#attributes, known, this.#authorizers),
      params,
      namespaceObject: found ? namespaceShown(found) : null,
    };
  }

  async #validateWith(policy: Validating, binding: Binding, bindings: Bindings, annotations: Map<string, Set<string>>): Promise<void> {
    const { failsOpen, variables } = policy;
    const holds = await conditionsHold(policy.conditions, bindings, { variables, failsOpen });
    if (holds === false) return;
    if (typeof holds === "string") return this.#act(policy, binding, [{ message: holds, index: 0 }]);
    try {
      this.#act(policy, binding, await decisions(policy, bindings));
      const { results } = await evaluateAll(policy.annotations, { ...bindings }, { variables, budget: budgetOfPolicy });
      results.forEach((result, i) => this.#annotate(policy, binding, policy.annotations[i]!, result, annotations));
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error;
      if (!failsOpen) this.#act(policy, binding, [{ message: error.message, index: 0 }]);
    }
  }

  #act(policy: Validating, { metadata, spec }: Binding, decided: readonly Decision[]): void {
    const actions = spec?.validationActions ?? [];
    const binding = metadata.name ?? "";
    for (const { index, ...decision } of decided)
      for (const action of actions) {
        if (action === "Deny") this.#denials.push({ ...decision, policy: policy.name, binding });
        else if (action === "Warn")
          this.#attributes.warn(
            `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding}': ${decision.message}`,
          );
        else if (action === "Audit")
          this.#attributes.annotate(
            "validation.policy.admission.k8s.io/validation_failure",
            JSON.stringify([
              { message: decision.message, policy: policy.name, binding, expressionIndex: index, validationActions: actions },
            ]),
          );
      }
  }

  #annotate(
    policy: Validating,
    binding: Binding,
    { key, source }: Validating["annotations"][number],
    result: Evaluated,
    annotations: Map<string, Set<string>>,
  ) {
    if (!result) return;
    if (result.error !== undefined) {
      if (!policy.failsOpen) this.#denials.push({ policy: policy.name, binding: binding.metadata.name, message: result.error });
      return;
    }
    if (result.value === null) return;
    if (typeof result.value !== "string") {
      const message = `valueExpression '${source}' resulted in unsupported return type: ${typeof result.value}. Return type must be either string or null.`;
      this.#denials.push({ policy: policy.name, binding: binding.metadata.name, message });
      return;
    }
    const value = result.value.trim().slice(0, longestAnnotation);
    if (value === "") return;
    const known = annotations.get(key);
    if (known) known.add(value);
    else annotations.set(key, new Set([value]));
  }
}

const longestAnnotation = 10 * 1024;
const longestMessage = 5 * 1024;

const isRefusal = (error: unknown): error is ApiError => error instanceof Error && "status" in error;

/** One for each validation that does not hold, or cannot be evaluated and must. */
async function decisions({ validations, messages, variables, failsOpen }: Validating, bindings: Bindings): Promise<Decision[]> {
  const { results, remaining } = await evaluateAll(validations, { ...bindings }, { variables, budget: budgetOfPolicy });
  const decided: Decision[] = [];
  let made: readonly Evaluated[] | string | undefined;
  for (const [index, result] of results.entries()) {
    const { source, message, reason } = validations[index]!;
    if (result?.error !== undefined) {
      if (!failsOpen) decided.push({ message: result.error, index });
      continue;
    }
    if (result?.value === true) continue;
    made ??= await messagesOf(messages, bindings, variables, remaining);
    if (typeof made === "string") {
      if (!failsOpen) decided.push({ message: `failed messageExpression: ${made}`, index });
      continue;
    }
    decided.push({ message: written(made[index]) || message.trim() || `failed expression: ${source.trim()}`, reason, index });
  }
  return decided;
}

/** A text: they cost more than what the validations left. */
async function messagesOf(messages: Validating["messages"], bindings: Bindings, variables: Validating["variables"], budget: number) {
  try {
    return (await evaluateAll(messages, { ...bindings }, { variables, budget })).results;
  } catch (error) {
    if (error instanceof OverBudget) return error.message;
    throw error;
  }
}

/** Empty for a message that is none: too long, of several lines, or not made. */
function written(result: Evaluated): string {
  if (!result || result.error !== undefined || typeof result.value !== "string") return "";
  const text = result.value.trim();
  return Buffer.byteLength(text) > longestMessage || text.includes("\n") ? "" : text;
}

const codes: Record<string, number> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 };

function denied(attributes: Attributes, { policy, binding, message, reason = "Invalid" }: Denial): ApiError {
  const text = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? "" : ` with binding '${binding}'`} denied request: ${message}`;
  const error = refused(attributes, text);
  error.status.reason = reason;
  error.status.code = codes[reason] ?? 422;
  (error.status.details ??= {}).causes = [{ message: text }];
  return error;
}
