/** Who may do what, from the roles and bindings that are stored: kept by subject, so that a question looks at few rules. */
import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  rolebindings,
  roles,
  type Subject,
} from "#api/mod.ts";
import type { Authorizer, Decision, RequestInfo, Storage, User } from "../contract.ts";
import { ruleAllows } from "./rules.ts";

interface Grant {
  /** Empty: everywhere. */
  namespace: string;
  /** Undefined: the binding refers to nothing that can hold rules. */
  role: string | undefined;
  because: string;
}

const mostCached = 8192;

export class Rbac implements Authorizer {
  #rules = new Map<string, readonly PolicyRule[]>();
  #bindings = new Map<string, { subjects: string[]; grant: Grant }>();
  #bySubject = new Map<string, Map<string, Grant>>();
  #cache = new Map<string, Decision>();

  /** Follows what is stored. */
  start(storage: Storage): () => void {
    const stops = [
      storage.subscribe(clusterroles, (type, object) =>
        this.#setRole(`/${object.metadata.name}`, type === "DELETED" ? undefined : (object as ClusterRole).rules),
      ),
      storage.subscribe(roles, (type, object) =>
        this.#setRole(`${object.metadata.namespace}/${object.metadata.name}`, type === "DELETED" ? undefined : (object as Role).rules),
      ),
      storage.subscribe(clusterrolebindings, (type, object) =>
        this.#setBinding(`/${object.metadata.name}`, type === "DELETED" ? undefined : (object as ClusterRoleBinding), ""),
      ),
      storage.subscribe(rolebindings, (type, object) => {
        const { namespace, name } = object.metadata;
        this.#setBinding(`${namespace}/${name}`, type === "DELETED" ? undefined : (object as RoleBinding), namespace ?? "");
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  authorize(user: User, info: RequestInfo): Decision {
    const key = questionKey(user, info);
    const known = this.#cache.get(key);
    if (known) return known;
    const decision = this.#decide(user, info);
    if (this.#cache.size >= mostCached) this.#cache.clear();
    this.#cache.set(key, decision);
    return decision;
  }

  /** All rules that hold for a user in a namespace (and everywhere). */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    const grants = this.#grants(user);
    // As upstream visits them: what holds everywhere, then what holds here.
    return [
      ...grants.filter((grant) => grant.namespace === ""),
      ...grants.filter((grant) => grant.namespace !== "" && grant.namespace === namespace),
    ].flatMap((grant) => this.#rulesOf(grant.role));
  }

  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const key = roleKey(ref, namespace);
    return key === undefined ? undefined : this.#rules.get(key);
  }

  #rulesOf(role: string | undefined): readonly PolicyRule[] {
    return (role === undefined ? undefined : this.#rules.get(role)) ?? [];
  }

  #decide(user: User, info: RequestInfo): Decision {
    for (const grant of this.#grants(user)) {
      if (grant.namespace !== "" && (grant.namespace !== info.namespace || !info.isResource)) continue;
      for (const rule of this.#rulesOf(grant.role))
        if (ruleAllows(rule, info)) return { allowed: true, reason: `RBAC: allowed by ${grant.because}` };
    }
    return { allowed: false, reason: "" };
  }

  #grants(user: User): Grant[] {
    const out: Grant[] = [];
    const add = (subject: string) => {
      for (const grant of this.#bySubject.get(subject)?.values() ?? []) out.push(grant);
    };
    add(`User:${user.name}`);
    for (const group of new Set(user.groups)) add(`Group:${group}`);
    return out;
  }

  #setRole(key: string, rules: readonly PolicyRule[] | undefined | null): void {
    if (rules) this.#rules.set(key, rules);
    else this.#rules.delete(key);
    this.#cache.clear();
  }

  #setBinding(key: string, binding: RoleBinding | ClusterRoleBinding | undefined, namespace: string): void {
    this.#cache.clear();
    for (const subject of this.#bindings.get(key)?.subjects ?? []) {
      const grants = this.#bySubject.get(subject);
      grants?.delete(key);
      if (grants?.size === 0) this.#bySubject.delete(subject);
    }
    this.#bindings.delete(key);
    if (!binding?.roleRef) return;
    const { roleRef } = binding;
    const kind = namespace ? "RoleBinding" : "ClusterRoleBinding";
    const because = `${kind} "${namespace ? `${binding.metadata.name}/${namespace}` : binding.metadata.name}" of ${roleRef.kind} "${roleRef.name}"`;
    const grant: Grant = { namespace, role: roleKey(roleRef, namespace), because };
    const subjects: string[] = [];
    for (const subject of binding.subjects ?? []) {
      const who = subjectKey(subject, namespace);
      if (who === undefined) continue;
      subjects.push(who);
      const grants = this.#bySubject.get(who) ?? new Map<string, Grant>();
      if (grants.has(key)) continue;
      this.#bySubject.set(who, grants.set(key, { ...grant, because: `${because} to ${subjectText(subject, namespace)}` }));
    }
    this.#bindings.set(key, { subjects, grant });
  }
}

/** Every part is user input: only a form that quotes its parts keeps a path and a resource, or one group and two, apart. */
function questionKey({ name, groups }: User, info: RequestInfo): string {
  return JSON.stringify(
    info.isResource
      ? [name, groups, info.verb, info.group, info.resource, info.subresource, info.namespace, info.name]
      : [name, groups, info.verb, info.path],
  );
}

function roleKey(ref: RoleRef, namespace: string): string | undefined {
  if (ref.kind === "ClusterRole") return `/${ref.name}`;
  return ref.kind === "Role" && namespace !== "" ? `${namespace}/${ref.name}` : undefined;
}

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return kind === "ServiceAccount" ? `ServiceAccount "${name}/${namespace || bindingNamespace}"` : `${kind} "${name}"`;
}

/** Undefined: nobody. An account that names no namespace is one of the binding's own. */
function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  if (kind === "User" || kind === "Group") return `${kind}:${name}`;
  const own = namespace || bindingNamespace;
  return kind === "ServiceAccount" && own !== "" ? `User:system:serviceaccount:${own}:${name}` : undefined;
}
