/** The plain transformers: namespaces, affixes of names, labels, annotations, images, counts. */
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { type FieldSpec, visit } from "./field-specs.ts";
import { gvkText, isClusterScoped, sameId, selectedBy } from "./ids.ts";
import type { Resource, ResourceList } from "./resources.ts";
import { compile } from "./selectors.ts";
import { byKind } from "./sort.ts";

type Map = Record<string, unknown>;
export type Subjects = "defaultOnly" | "allServiceAccounts" | "none";

export function setNamespace(
  list: ResourceList,
  namespace: string,
  how: { specs: readonly FieldSpec[]; subjects?: Subjects; unsetOnly?: boolean },
): void {
  const set = (value: unknown) => (how.unsetOnly && value ? undefined : namespace);
  for (const resource of list.all) {
    const { object } = resource;
    resource.remember();
    if (!isClusterScoped(resource.gvk)) {
      const wanted = set(object.metadata?.namespace);
      if (wanted !== undefined) object.metadata = { ...object.metadata, namespace: wanted };
    }
    if (object.kind === "RoleBinding" || object.kind === "ClusterRoleBinding") setSubjects(object, set, how.subjects ?? "defaultOnly");
    const plain = how.specs.filter(
      ({ path, kind }) =>
        path !== "metadata/namespace" &&
        !(path === "metadata/name" && object.apiVersion !== "v1") &&
        !(path === "subjects/namespace" && (kind === "RoleBinding" || kind === "ClusterRoleBinding")),
    );
    for (const spec of plain) visit(resource, spec, set, { leaf: () => "" });
    if (list.all.filter((each) => sameId(each.id, resource.id)).length !== 1)
      throw new CliError(`namespace transformation produces ID conflict: ${resource.gvk.kind}/${resource.name}`);
  }
}

function setSubjects(object: KObject, set: (value: unknown) => unknown, mode: Subjects): void {
  if (!["defaultOnly", "allServiceAccounts", "none"].includes(mode))
    throw new CliError(
      `invalid value ${JSON.stringify(mode)} for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
    );
  if (mode === "none" || !Array.isArray(object.subjects)) return;
  for (const subject of object.subjects as Map[]) {
    if (mode === "defaultOnly" ? subject.name !== "default" : subject.kind !== "ServiceAccount") continue;
    const wanted = set(subject.namespace);
    if (wanted !== undefined) subject.namespace = wanted;
  }
}

const keepTheirNames = [
  { kind: "CustomResourceDefinition" },
  { group: "apiregistration.k8s.io", kind: "APIService" },
  { kind: "Namespace" },
];

export function addAffix(list: ResourceList, affix: string, how: { specs: readonly FieldSpec[]; side: "prefix" | "suffix" }): void {
  const { side } = how;
  for (const resource of list.all) {
    const original = resource.originalId;
    if (keepTheirNames.some((gvk) => selectedBy(original, gvk))) continue;
    for (const spec of how.specs) {
      if (!selectedBy(original, spec)) continue;
      if (spec.path === "metadata/name" && affix !== "") {
        (side === "prefix" ? resource.prefixes : resource.suffixes).push(affix);
        resource.remember();
      }
      visit(
        resource,
        spec,
        (value) =>
          value === null || value === undefined ? value : side === "prefix" ? `${affix}${String(value)}` : `${String(value)}${affix}`,
        {
          leaf: () => "",
        },
      );
    }
  }
}

/** Labels and annotations. */
export function addPairs(list: ResourceList, pairs: Record<string, string>, specs: readonly FieldSpec[]): void {
  const keys = Object.keys(pairs).sort();
  for (const resource of list.all)
    for (const key of keys)
      for (const spec of specs)
        visit(
          resource,
          spec,
          (value) => {
            if (value === null || value === undefined) return { [key]: pairs[key] };
            if (typeof value !== "object" || Array.isArray(value))
              throw new CliError("wrong node kind: expected MappingNode but got ScalarNode");
            (value as Map)[key] = pairs[key];
            return undefined;
          },
          { leaf: () => ({}) },
        );
}

export interface ImageSpec {
  name: string;
  newName?: string;
  newTag?: string;
  tagSuffix?: string;
  digest?: string;
}

export function setImages(list: ResourceList, image: ImageSpec, specs: readonly FieldSpec[]): void {
  const change = imageChange(image);
  for (const resource of list.all) {
    if (resource.gvk.kind === "CustomResourceDefinition") continue;
    changeContainers(resource.object, change);
    for (const spec of specs) visit(resource, spec, (value) => (typeof value === "string" ? change(value) : undefined));
  }
}

/** In every list of containers, wherever it stands. */
function changeContainers(node: unknown, change: (image: string) => string | undefined): void {
  if (Array.isArray(node)) {
    for (const item of node) changeContainers(item, change);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    changeContainers(value, change);
    if ((name !== "containers" && name !== "initContainers") || !Array.isArray(value)) continue;
    for (const container of value as Map[]) {
      if (typeof container?.image !== "string") continue;
      const changed = change(container.image);
      if (changed !== undefined) container.image = changed;
    }
  }
}

function imageChange(image: ImageSpec): (value: string) => string | undefined {
  const pattern = compile(`^${image.name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
  const { newTag = "", tagSuffix = "" } = image;
  const newDigest = image.digest ?? "";
  return (value) => {
    if (!pattern.matcher(value).find()) return undefined;
    let { name, tag, digest } = splitImage(value);
    name = image.newName || name;
    if (newTag && newDigest) [tag, digest] = [newTag, newDigest];
    else if (newTag) [tag, digest] = [newTag, ""];
    else if (newDigest) [tag, digest] = ["", newDigest];
    else if (tagSuffix) [tag, digest] = [tag + tagSuffix, ""];
    return `${name}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
  };
}

/** `host:5000/name:tag@digest`: a colon before the first slash is a port's. */
export function splitImage(image: string): { name: string; tag: string; digest: string } {
  const slash = Math.max(0, image.indexOf("/"));
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  if (at >= 0 && (colon < 0 || at < colon)) return { name: image.slice(0, at), tag: "", digest: image.slice(at + 1) };
  if (colon < 0) return { name: image, tag: "", digest: "" };
  const end = at < 0 ? image.length : at;
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, end), digest: at < 0 ? "" : image.slice(at + 1) };
}

export function setReplicas(list: ResourceList, replica: { name: string; count: number }, specs: readonly FieldSpec[]): void {
  let found = false;
  for (const spec of specs) {
    const chosen = list.byAnyId((id) => id.name === replica.name && selectedBy(id, spec));
    found ||= chosen.length > 0;
    for (const resource of chosen) visit(resource, spec, () => Number(replica.count ?? 0), { leaf: () => 0 });
  }
  if (!found)
    throw new CliError(
      `resource with name ${replica.name} does not match a config with the following GVK [${[...specs].sort(byKind).map(gvkText).join(" ")}]`,
    );
}

/** Drops what is only there for the build. */
export function withoutLocal(resources: Resource[]): Resource[] {
  return resources.filter(({ object }) => {
    const mark = object.metadata?.annotations?.["config.kubernetes.io/local-config"];
    return mark === undefined || mark === "false";
  });
}
