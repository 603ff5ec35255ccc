/** The variables that expressions in admission see: the objects, the request, the namespace, parameters, the authorizer, a policy's own. */
import type { KubeObject, Namespace, Served } from "#api/mod.ts";
import { type Ask, authorizerValue, CelObject, Decider, Fault, type Program, type Question, requestResourceValue } from "#codec/cel/mod.ts";
import { parseFieldSelector, parseLabelSelector } from "#codec/mod.ts";
import { decide } from "../../authz/reviews.ts";
import type { Attributes, Authorizer, RequestInfo, User } from "../../contract.ts";

export type Bindings = Record<string, unknown>;

/** Under which resource and kind a policy looks at a request: that of an equivalent version, if its rules name that. */
export interface Known {
  resource: { group: string; version: string; resource: string };
  kind: { group: string; version: string; kind: string };
  /** The two versions, when it is another than the request's. */
  form: { own: Served; served: Served } | undefined;
}

/** The object in the version that a policy knows. */
export function shown(object: KubeObject | undefined, { form }: Known): KubeObject | null {
  return object && form ? converted(object, form.own, form.served) : (object ?? null);
}

/** By way of the version that is stored. */
export function converted(object: KubeObject, from: Served, to: Served): KubeObject {
  const stored = from.rules.storedAs ? from.rules.storedAs.toStored(object) : object;
  const made = to.rules.storedAs ? to.rules.storedAs.toServed(stored) : stored;
  return { ...made, apiVersion: to.apiVersion, kind: to.kind } as KubeObject;
}

/** Of one request; what differs between policies is added for each. */
export function requestBindings(attributes: Attributes, known: Known, authorizers: readonly Authorizer[]): Bindings {
  const { resource, kind } = known;
  const { object, oldObject, operation, name, namespace, subresource, dryRun, options, user } = attributes;
  const decider = new Decider(asker(attributes, authorizers));
  const { group, version, resource: plural } = attributes;
  return {
    object: shown(object, known),
    oldObject: shown(oldObject, known),
    request: {
      kind,
      resource,
      ...(subresource && { subResource: subresource, requestSubResource: subresource }),
      requestKind: attributes.kind,
      requestResource: { group, version, resource: plural },
      ...(name && { name }),
      ...(namespace && { namespace }),
      operation,
      userInfo: userInfo(user),
      dryRun,
      options,
    },
    namespaceObject: null,
    params: null,
    authorizer: authorizerValue(decider),
    "authorizer.requestResource": requestResourceValue(decider, { group, resource: plural, subresource, namespace, name }),
  };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  };
}

/** What of a Namespace is shown: managed fields and owners are not. */
export function namespaceShown({ metadata, spec, status }: Namespace): object {
  const { managedFields: _, ownerReferences: __, ...shown } = metadata;
  return { metadata: shown, spec: spec ?? {}, status: status ?? {} };
}

function asker({ user }: Attributes, authorizers: readonly Authorizer[]): Ask {
  return async (question) => {
    const { allowed, reason = "" } = await decide(
      authorizers,
      question.serviceAccount ? accountOf(question.serviceAccount) : user,
      infoOf(question),
    );
    return { allowed, reason };
  };
}

const accountOf = ({ namespace, name }: { namespace: string; name: string }): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});

function infoOf({ path, verb, group, resource, subresource, namespace, name, fieldSelector, labelSelector }: Question): RequestInfo {
  if (path !== undefined)
    return { path, verb, isResource: false, prefix: "", group: "", version: "", namespace: "", resource: "", subresource: "", name: "" };
  return {
    ...{ path: "", verb, isResource: true, prefix: group ? "apis" : "api", group, version: "*", namespace, resource, subresource, name },
    // Selectors that cannot be read narrow nothing, as for reviews.
    ...(labelSelector && { labelRequirements: quietly(() => parseLabelSelector(labelSelector).requirements) }),
    ...(fieldSelector && { fieldRequirements: quietly(() => parseFieldSelector(fieldSelector)) }),
  };
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export interface Variable {
  name: string;
  /** Undefined when it does not compile; `error` says why. */
  program?: Program;
  error?: string;
}

/** `variables`: each is evaluated when it is first named, and once. */
export class Variables extends CelObject {
  readonly typeName = "kubernetes.variables";
  /** Of what was evaluated, since it was last asked. */
  #cost = 0;
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #bindings: Bindings;
  readonly #known = new Map<string, unknown>();

  constructor(variables: readonly Variable[], bindings: Bindings) {
    super();
    this.#variables = new Map(variables.map((each) => [each.name, each]));
    this.#bindings = bindings;
  }

  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }

  override has(name: string): boolean {
    return this.#variables.has(name);
  }

  override get(name: string): unknown {
    const variable = this.#variables.get(name);
    if (!variable) return undefined;
    const known = this.#known.get(name);
    if (known instanceof Fault) throw known;
    if (known !== undefined) return known;
    const value = this.#evaluate(variable);
    this.#known.set(name, value);
    if (value instanceof Fault) throw value;
    return value;
  }

  #evaluate({ name, program, error }: Variable): unknown {
    if (!program) return new Fault(`composited variable ${JSON.stringify(name)} fails to compile: ${error}`);
    const outcome = program.evaluate(this.#bindings);
    // An answer is waited for: nothing is kept, and the whole expression runs again.
    if (outcome.fault !== undefined && outcome.reason) throw outcome.reason;
    this.#cost += outcome.cost;
    return outcome.fault === undefined
      ? outcome.value
      : new Fault(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.fault}`);
  }

  equals(other: unknown): boolean {
    return other === this;
  }
}
