/** Vars: `$(NAME)` in some fields becomes the value of a field of a resource. */
import { CliError } from "../failure.ts";
import { type FieldSpec, visit } from "./field-specs.ts";
import { type Gvk, gvkText, type Id, isClusterScoped, sameGvk, sameId, splitVersion } from "./ids.ts";
import { lookup } from "./paths.ts";
import type { ResourceList } from "./resources.ts";

export interface VarSpec {
  name: string;
  objref?: Gvk & { apiVersion?: string; name?: string; namespace?: string };
  fieldref?: { fieldPath?: string; fieldpath?: string };
}

/** Marks the resource that each var is read from. */
export function markVars(list: ResourceList, vars: readonly VarSpec[]): void {
  for (const each of vars) {
    const { apiVersion, name = "", namespace = "", ...gvk } = each.objref ?? {};
    const versioned = apiVersion ? { ...gvk, ...splitVersion(apiVersion) } : gvk;
    const wanted: Id = { group: versioned.group ?? "", version: versioned.version ?? "", kind: versioned.kind ?? "", name, namespace };
    const exactly = namespace !== "" || isClusterScoped(wanted);
    const found = list.byAnyId((id) => (exactly ? sameId(id, wanted) : id.name === name && sameGvk(id, wanted)));
    if (found.length > 1) throw new CliError(`found ${found.length} resId matches for var ${varText(each)} (unable to disambiguate)`);
    found[0]?.vars.push(each.name);
  }
}

/** All vars of several kustomizations; a name counts once. */
export function mergeVars(into: readonly VarSpec[], more: readonly VarSpec[]): VarSpec[] {
  const result = [...into];
  for (const each of more) {
    if (result.some(({ name }) => name === each.name)) throw new CliError(`var '${each.name}' already encountered`);
    result.push(each);
  }
  return result;
}

const fieldPathOf = ({ fieldref }: VarSpec) => fieldref?.fieldPath || fieldref?.fieldpath || "metadata.name";
const varText = (each: VarSpec) => {
  const { apiVersion, ...gvk } = each.objref ?? {};
  return `{${each.name} ${gvkText(apiVersion ? { ...gvk, ...splitVersion(apiVersion) } : gvk)} {${fieldPathOf(each)}}}`;
};

export function resolveVars(list: ResourceList, vars: readonly VarSpec[], specs: readonly FieldSpec[]): void {
  if (vars.length === 0) return;
  const values = new Map(vars.map((each) => [each.name, varValue(list, each)]));
  const change = (value: unknown) => (typeof value === "string" ? expand(value, values) : undefined);
  for (const resource of list.all)
    for (const spec of specs)
      visit(resource, spec, (value) => {
        if (typeof value !== "object" || value === null) return change(value);
        if (Array.isArray(value)) {
          if (value.some((item) => typeof item !== "string")) throw new CliError("invalid value type expect a string");
          return value.map(change);
        }
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item) ?? item]));
      });
}

function varValue(list: ResourceList, each: VarSpec): string | number | boolean {
  const source = list.all.find(({ vars }) => vars.includes(each.name));
  if (!source) throw new CliError(`var '${varText(each)}' cannot be mapped to a field in the set of known resources`);
  const value = lookup(source.object, pathParts(fieldPathOf(each)));
  if (value === undefined || value === null || typeof value === "object")
    throw new CliError(`field specified in var '${varText(each)}' not found in corresponding resource`);
  return value as string | number | boolean;
}

/** `spec.ports[0].port`, `data[key.with.dots]`. */
function pathParts(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracket, plain]) => (bracket ?? plain!).replace(/^["']|["']$/g, ""));
}

/** A text that is one reference takes the value with its type; `$$` is a dollar; what is not known stays. */
export function expand(text: string, values: ReadonlyMap<string, string | number | boolean>): unknown {
  const alone = /^\$\(([^)]*)\)$/.exec(text);
  if (alone && values.has(alone[1]!)) return values.get(alone[1]!);
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return values.has(name) ? String(values.get(name)) : whole;
  });
}
