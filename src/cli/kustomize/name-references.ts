/** Names of renamed resources, mended wherever others speak of them. */
import { CliError } from "../failure.ts";
import type { NameReference } from "./default-specs.ts";
import { type FieldSpec, visit } from "./field-specs.ts";
import { effectiveNamespace, type Gvk, idText, isClusterScoped, selectedBy } from "./ids.ts";
import type { Resource, ResourceList } from "./resources.ts";

type Map = Record<string, unknown>;

export function fixReferences(list: ResourceList, references: readonly NameReference[]): void {
  for (const referrer of list.all) {
    const candidates = referable(list, referrer);
    const original = referrer.originalId;
    for (const reference of references)
      for (const spec of reference.fieldSpecs) if (selectedBy(original, spec)) fix({ referrer, candidates, target: reference, spec });
  }
}

/** What `referrer` may speak of: its own namespace, what is of none, and accounts that a binding names. */
function referable({ all }: ResourceList, referrer: Resource): Resource[] {
  if (isClusterScoped(referrer.gvk)) return all;
  const here = effectiveNamespace(referrer.id);
  const elsewhere = new Set<string>();
  if (referrer.gvk.kind === "RoleBinding")
    for (const subject of (referrer.object.subjects ?? []) as Map[])
      if (subject.kind === "ServiceAccount" && typeof subject.namespace === "string") elsewhere.add(subject.namespace);
  return all.filter((each) => isClusterScoped(each.gvk) || effectiveNamespace(each.id) === here || elsewhere.has(each.namespace));
}

interface Fixing {
  referrer: Resource;
  candidates: Resource[];
  target: Gvk;
  spec: FieldSpec;
}

function fix(at: Fixing): void {
  const { referrer, spec } = at;
  const scalar = (value: unknown, candidates = at.candidates) => {
    const found = select(at, String(value), { candidates, byNamespace: false });
    return found && found.name !== String(value) ? found.name : undefined;
  };
  const map = (value: Map) => {
    if (!("name" in value)) throw new CliError("path config error; no 'name' field in node");
    const candidates = inNamespaceOf(at.candidates, value);
    const found = select(at, String(value.name), { candidates, byNamespace: true });
    if (!found || (found.name === value.name && found.namespace === "")) return;
    value.name = found.name;
    if (found.namespace !== "") value.namespace = found.namespace;
  };
  const change = (value: unknown): unknown => {
    if (value === null || value === undefined) return undefined;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        if (typeof item === "object" && item !== null) map(item as Map);
        else value[index] = scalar(item) ?? item;
      }
      return undefined;
    }
    if (typeof value === "object") {
      map(value as Map);
      return undefined;
    }
    return scalar(value);
  };
  try {
    visit(referrer, { ...spec, ...referrer.gvk, create: spec.create }, change);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`updating name reference in '${spec.path}' field of '${idText(referrer.id)}': ${error.message}`);
  }
}

function inNamespaceOf(candidates: Resource[], value: Map): Resource[] {
  if (!("namespace" in value)) return candidates;
  const named = String(value.namespace);
  const original = candidates.filter((each) => effectiveNamespace(each.originalId) === named);
  return original.length > 0 ? original : candidates.filter((each) => effectiveNamespace(each.id) === named);
}

function select(at: Fixing, name: string, how: { candidates: Resource[]; byNamespace: boolean }): Resource | undefined {
  const { referrer, target } = at;
  const role = at.spec.path.endsWith("roleRef/name") ? roleOf(referrer) : undefined;
  let found = how.candidates
    .filter((each) => each.previousIds.some((id) => id.name === name))
    .filter((each) => each.previousIds.some((id) => selectedBy(id, target)))
    .filter((each) => !role || each.previousIds.some((id) => selectedBy(id, role)))
    .filter((each) => reaches(referrer, each));
  if (found.length === 1) return found[0];
  found = found.filter((each) => sameAffixes(each, referrer, true));
  if (found.length > 1) found = found.filter((each) => sameAffixes(each, referrer, false));
  const [first] = found;
  if (!first || found.length === 1) return first;
  const alike = found.every((each) => each.name === first.name && (!how.byNamespace || each.namespace === first.namespace));
  if (alike) return first;
  throw new CliError(`found multiple possible referrals: ${found.map((each) => idText(each.id)).join(", ")}`);
}

function roleOf({ object }: Resource): Gvk | undefined {
  const { apiGroup, kind } = (object.roleRef ?? {}) as { apiGroup?: string; kind?: string };
  return apiGroup !== undefined && kind !== undefined ? { group: apiGroup, kind } : undefined;
}

function reaches(referrer: Resource, target: Resource): boolean {
  if (isClusterScoped(referrer.gvk) || isClusterScoped(target.gvk) || target.gvk.kind === "ServiceAccount") return true;
  return effectiveNamespace(referrer.id) === effectiveNamespace(target.id);
}

/** Whether two resources were renamed by the same kustomizations; with `loosely` one without affixes fits all. */
function sameAffixes(a: Resource, b: Resource, loosely: boolean): boolean {
  const same = (x: string[], y: string[]) => (loosely && (x.length === 0 || y.length === 0)) || sameEnding(x, y);
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}

function sameEnding(a: string[], b: string[]): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 0) return long.length === 0;
  return short.every((item, index) => item === long[long.length - short.length + index]);
}
