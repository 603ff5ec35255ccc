/** The policies that are in force, compiled, with their bindings: current without being asked, since every write of one is seen. */
import {
  admissionEnvironment,
  type Catalog,
  compileExpression,
  type KubeObject,
  type MatchResources,
  type ParamKind,
  type Resource,
  type ValidatingAdmissionPolicyBinding,
  variableType,
} from "#api/mod.ts";
import { boolType, type Environment, type Type } from "#codec/cel/mod.ts";
import type { Attributes, Storage } from "../../contract.ts";
import type { Condition } from "./evaluate.ts";
import type { Variable } from "./variables.ts";

/** What policies of both kinds have. */
export interface PolicySpec {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  failurePolicy?: string;
  matchConditions?: { name?: string; expression?: string }[];
  variables?: { name?: string; expression?: string }[];
}

export interface CompiledPolicy {
  name: string;
  spec: PolicySpec;
  failsOpen: boolean;
  conditions: readonly Condition[];
  variables: readonly Variable[];
  /** For further expressions of the policy: with what it may call by name. */
  environment(more?: Partial<Parameters<typeof admissionEnvironment>[0]>): Environment;
}

export type Binding = Pick<ValidatingAdmissionPolicyBinding, "metadata" | "spec">;

export interface Bound<P extends CompiledPolicy> {
  policy: P;
  bindings: readonly Binding[];
}

/** The part of compiling that both kinds share. */
export function compilePolicy(name: string, spec: PolicySpec): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const types = new Map<string, Type>();
  const environment: CompiledPolicy["environment"] = (more = {}) =>
    admissionEnvironment({ hasParams, hasAuthorizer: true, variables: types, ...more });
  const common = environment();
  const variables = (spec.variables ?? []).map(({ name = "", expression = "" }): Variable => {
    const compiled = compileExpression(expression, common);
    types.set(name, variableType(compiled));
    return { name, program: compiled.program, error: compiled.error };
  });
  const conditions = (spec.matchConditions ?? []).map(({ name = "", expression: source = "" }) => ({
    name,
    source,
    expression: compileExpression(source, common, [boolType]),
  }));
  return { name, spec, failsOpen: spec.failurePolicy === "Ignore", conditions, variables, environment };
}

/** Compiled when they are first needed, and again when they change. */
export class Policies<P extends CompiledPolicy> {
  readonly #storage: Storage;
  readonly #kinds: { policies: Resource; bindings: Resource };
  readonly #compile: (policy: KubeObject) => P;
  readonly #compiled = new WeakMap<KubeObject, P>();
  #bound: readonly Bound<P>[] | undefined;
  #isFollowing = false;

  constructor(storage: Storage, kinds: { policies: Resource; bindings: Resource }, compile: (policy: KubeObject) => P) {
    this.#storage = storage;
    this.#kinds = kinds;
    this.#compile = compile;
  }

  /** By name; policies without a binding do nothing. */
  bound(): readonly Bound<P>[] {
    this.#follow();
    this.#bound ??= this.#read();
    return this.#bound;
  }

  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    for (const kind of Object.values(this.#kinds))
      this.#storage.subscribe(kind, () => {
        this.#bound = undefined;
      });
  }

  #read(): Bound<P>[] {
    const byPolicy = Map.groupBy(this.#storage.list(this.#kinds.bindings) as Binding[], ({ spec }) => spec?.policyName ?? "");
    return this.#storage
      .list(this.#kinds.policies)
      .filter(({ metadata }) => byPolicy.has(metadata.name ?? ""))
      .map((policy) => ({ policy: this.#policy(policy), bindings: byPolicy.get(policy.metadata.name ?? "")! }));
  }

  #policy(policy: KubeObject): P {
    const known = this.#compiled.get(policy);
    if (known) return known;
    const compiled = this.#compile(policy);
    this.#compiled.set(policy, compiled);
    return compiled;
  }
}

const reviews = new Set(["authentication.k8s.io", "authorization.k8s.io"]);
const exempt = new Set(["policies", "policybindings"].flatMap((end) => [`validatingadmission${end}`, `mutatingadmission${end}`]));

/** What decides admission is never held up by it, and reviews are no objects. */
export const isExempt = ({ group, resource }: Attributes): boolean =>
  reviews.has(group) || (group === "admissionregistration.k8s.io" && exempt.has(resource));

export interface PolicyParts {
  storage: Storage;
  catalog: Catalog;
}
