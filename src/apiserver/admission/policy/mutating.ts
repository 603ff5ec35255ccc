/**
 * MutatingAdmissionPolicy: CEL that changes objects, as an apply configuration or a JSON patch. One policy after the other sees
 * what those before it made. When one has changed something, all mutating plugins run once more, and of the policies those that
 * ask for it and saw less than the last word.
 */
import {
  compileExpression,
  type Expression,
  jsonOf,
  type KubeObject,
  type MutatingAdmissionPolicy,
  mergeMutation,
  misplaced,
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  type Namespace,
  namespaces,
  PatchObject,
  PatchOperation,
  patchTypes,
  type Served,
  TypedError,
} from "#api/mod.ts";
import { Fault, listOf, objectOf } from "#codec/cel/mod.ts";
import { applyJsonPatch, PatchError, sameJson } from "#codec/mod.ts";
import type { AdmissionPlugin, Attributes, Authorizer } from "../../contract.ts";
import type { Stored } from "../../read/record.ts";
import { decodeAs, setDefaults } from "../../request/body.ts";
import { ApiError, forbidden, internal } from "../../request/errors.ts";
import { budgetOfPolicy, conditionsHold, evaluateAll, OverBudget, type Sourced } from "./evaluate.ts";
import { knownAs } from "./matching.ts";
import { collectParams, Misconfigured, paramResource } from "./params.ts";
import { type Binding, type CompiledPolicy, compilePolicy, isExempt, Policies, type PolicyParts } from "./policies.ts";
import { type Bindings, converted, type Known, namespaceShown, requestBindings, shown } from "./variables.ts";

interface Mutation extends Sourced {
  isPatch: boolean;
}

interface Mutating extends CompiledPolicy {
  mutations: readonly Mutation[];
  runsAgain: boolean;
}

interface Invocation {
  policy: Mutating;
  binding: Binding;
  known: Known;
  param: KubeObject | null;
}

/** What is remembered from the first run of the chain to the second. */
interface Memory {
  /** Have run, and would run again. */
  ran: Set<string>;
  /** Saw less than the last word. */
  behind: Set<string>;
  /** The object after the last policy of the first run. */
  last?: unknown;
}

const pluginName = "MutatingAdmissionPolicy";

export function mutatingPolicies(parts: PolicyParts, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const policies = new Policies(
    parts.storage,
    { policies: mutatingadmissionpolicies, bindings: mutatingadmissionpolicybindings },
    compiled,
  );
  return {
    name: pluginName,
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE", "UPDATE"] }],
    admit(attributes) {
      const bound = policies.bound();
      return bound.length === 0 || isExempt(attributes) || !attributes.object
        ? undefined
        : new Request(attributes, parts, authorizers).mutate(bound);
    },
  };
}

const returns = { applyConfiguration: [objectOf("Object")], jsonPatch: [listOf(objectOf("JSONPatch"))] };

function compiled(object: KubeObject): Mutating {
  const { metadata, spec = {} } = object as MutatingAdmissionPolicy;
  const policy = compilePolicy(metadata.name ?? "", spec as CompiledPolicy["spec"]);
  const env = policy.environment({ patches: patchTypes });
  const mutations = (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }): Mutation => {
    const isPatch = patchType === "JSONPatch";
    const source = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? "";
    return { isPatch, source, expression: compileExpression(source, env, isPatch ? returns.jsonPatch : returns.applyConfiguration) };
  });
  return { ...policy, mutations, runsAgain: spec.reinvocationPolicy === "IfNeeded" };
}

/** A mutation that cannot be carried out: counts by the failure policy. */
class Failed extends Error {}

class Request {
  readonly #attributes: Attributes;
  readonly #parts: PolicyParts;
  readonly #authorizers: readonly Authorizer[];
  readonly #errors: { message: string; reason?: string }[] = [];

  constructor(attributes: Attributes, parts: PolicyParts, authorizers: readonly Authorizer[]) {
    this.#attributes = attributes;
    this.#parts = parts;
    this.#authorizers = authorizers;
  }

  async mutate(bound: ReturnType<Policies<Mutating>["bound"]>): Promise<void> {
    const invocations = bound.flatMap(({ policy, bindings }) => this.#invocations(policy, bindings));
    if (invocations.length > 0) await this.#run(invocations);
    const [first] = this.#errors;
    if (!first) return;
    const { group, resource, name } = this.#attributes;
    const error = forbidden({ group, resource }, name, "admission request denied by policy");
    error.status.message = first.message;
    if (first.reason) error.status.reason = first.reason;
    (error.status.details ??= {}).causes = this.#errors.map(({ message }) => ({ message }));
    throw error;
  }

  #invocations(policy: Mutating, bindings: readonly Binding[]): Invocation[] {
    return this.#guarded(policy, undefined, () => {
      const known = knownAs(policy.spec.matchConstraints, this.#attributes, this.#parts);
      if (!known) return [];
      const resource = policy.spec.paramKind && paramResource(policy.spec.paramKind, this.#parts.catalog);
      return bindings.flatMap((binding) =>
        this.#guarded(policy, binding, () => {
          if (!knownAs(binding.spec?.matchResources, this.#attributes, this.#parts)) return [];
          const params = collectParams(resource, binding.spec?.paramRef, this.#attributes.namespace, this.#parts.storage);
          return params.map((param) => ({ policy, binding, known, param }));
        }),
      );
    });
  }

  #guarded(policy: Mutating, binding: Binding | undefined, run: () => Invocation[]): Invocation[] {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Misconfigured) && !(error instanceof ApiError)) throw error;
      this.#note(policy, binding, `failed to configure ${binding ? "binding" : "policy"}: ${error.message}`);
      return [];
    }
  }

  #note(policy: Mutating, binding: Binding | undefined, why: string, reason?: string): void {
    if (policy.failsOpen) return;
    const who = binding ? `policy '${policy.name}' with binding '${binding.metadata.name}'` : `policy ${JSON.stringify(policy.name)}`;
    this.#errors.push({ message: `${who} denied request: ${why}`, reason });
  }

  async #run(invocations: readonly Invocation[]): Promise<void> {
    const reinvocation = (this.#attributes.reinvocation ??= { again: false, wanted: false, memory: new Map() });
    const memory = (reinvocation.memory.get(pluginName) as Memory | undefined) ?? { ran: new Set(), behind: new Set() };
    reinvocation.memory.set(pluginName, memory);
    // Other plugins have changed what the policies left.
    if (reinvocation.again && !sameJson(memory.last, this.#attributes.object)) fallBehind(memory);
    for (const invocation of invocations) {
      const { policy, binding, known, param } = invocation;
      const holds = await conditionsHold(policy.conditions, this.#bindings(known, param), policy);
      if (typeof holds === "string") this.#note(policy, binding, holds, "Invalid");
      if (holds !== true) continue;
      const key = JSON.stringify([policy.name, binding.metadata.name, param?.metadata.namespace, param?.metadata.name]);
      if (reinvocation.again && !memory.behind.has(key)) continue;
      if (await this.#mutateBy(invocation)) {
        fallBehind(memory);
        reinvocation.wanted = true;
      }
      if (policy.runsAgain) memory.ran.add(key);
    }
    memory.last = structuredClone(this.#attributes.object);
  }

  /** Whether the object is another now. */
  async #mutateBy({ policy, binding, known, param }: Invocation): Promise<boolean> {
    const before = structuredClone(this.#attributes.object);
    for (const mutation of policy.mutations) {
      try {
        await this.#apply(policy, mutation, known, this.#bindings(known, param));
      } catch (error) {
        if (!(error instanceof Failed) && !(error instanceof OverBudget)) throw error;
        this.#note(policy, binding, error.message, "Invalid");
      }
    }
    return !sameJson(before, this.#attributes.object);
  }

  async #apply(policy: Mutating, mutation: Mutation, known: Known, bindings: Bindings): Promise<void> {
    const { error } = mutation.expression as Expression;
    if (error !== undefined) throw new Failed(error);
    const { results } = await evaluateAll([mutation], bindings, { variables: policy.variables, budget: budgetOfPolicy });
    const [result] = results;
    if (result?.error !== undefined) throw new Failed(result.error);
    const live = shown(this.#attributes.object, known) as KubeObject;
    const served = known.form?.served ?? (this.#attributes.definition as Served);
    const changed = mutation.isPatch ? patched(served, live, result?.value) : merged(served, live, result?.value);
    if (changed) this.#take(changed, served, known);
  }

  #take(changed: object, served: Served, { form }: Known): void {
    const { object } = decodeAs(served, changed, "Ignore");
    setDefaults(served, object);
    const headed = { ...object, apiVersion: served.apiVersion, kind: served.kind } as KubeObject;
    this.#attributes.object = form ? converted(headed, form.served, form.own) : headed;
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
}

function fallBehind({ ran, behind }: Memory): void {
  for (const key of ran) behind.add(key);
  ran.clear();
}

function merged(served: Served, live: KubeObject, value: unknown): object {
  if (!(value instanceof PatchObject)) throw new Failed("unsupported return type from ApplyConfiguration expression");
  checkPlaces(value);
  try {
    const wanted = { ...(jsonOf(value) as Record<string, unknown>), apiVersion: served.apiVersion, kind: served.kind };
    return mergeMutation(served.schema, live as unknown as Record<string, unknown>, wanted);
  } catch (error) {
    if (error instanceof TypedError || error instanceof Fault) throw new Failed(`error applying patch: ${error.message}`);
    throw error;
  }
}

/** Undefined: a test of the patch does not hold, and nothing is changed. */
function patched(served: Served, live: KubeObject, value: unknown): object | undefined {
  const operations = Array.from(value as Iterable<unknown>, operationOf);
  let changed: unknown;
  try {
    changed = applyJsonPatch(live, operations);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.message.endsWith(" failed: test failed")) return undefined;
    throw new Failed(`JSON Patch: ${error.message}`);
  }
  try {
    return decodeAs(served, changed as Stored, "Strict").object;
  } catch (error) {
    throw error instanceof ApiError ? internal(error.message) : error;
  }
}

function operationOf(operation: unknown): object {
  if (!(operation instanceof PatchOperation))
    throw new Failed("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch");
  const { fields } = operation;
  checkPlaces(fields.get("value"));
  try {
    const from = fields.get("from");
    return {
      op: fields.get("op") ?? "",
      path: fields.get("path") ?? "",
      ...(from ? { from } : {}),
      ...(fields.has("value") && { value: jsonOf(fields.get("value")) }),
    };
  } catch (error) {
    if (error instanceof Fault)
      throw new Failed(`JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${error.message}`);
    throw error;
  }
}

/** Objects within an object are named after the place that they are for: `Object.spec` cannot stand in `metadata`. */
function checkPlaces(value: unknown): void {
  if (!(value instanceof PatchObject)) return;
  const wrong = misplaced(value, value.typeName);
  if (wrong.length > 0) throw new Failed(`type mismatch: ${wrong.join("\n")}`);
}
