/** Resources on their way through a build, with what they were called before, and lists of them. */

import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { effectiveNamespace, type Gvk, type Id, idText, sameId, splitVersion } from "./ids.ts";

export type Behavior = "unspecified" | "create" | "replace" | "merge";

export interface Origin {
  path?: string;
  configuredIn?: string;
  configuredBy?: { apiVersion?: string; kind?: string; name?: string; namespace?: string };
}

export class Resource {
  object: KObject;
  /** Kinds, names and namespaces that it had, oldest first. */
  previous: { kind: string; name: string; namespace: string }[] = [];
  prefixes: string[] = [];
  suffixes: string[] = [];
  behavior: Behavior = "unspecified";
  needsHash = false;
  /** Of a patch: what it may change in its target. */
  allowNameChange = false;
  allowKindChange = false;
  /** Names of vars that are read from it. */
  vars: string[] = [];
  origin: Origin | undefined;
  transformations: Origin[] = [];

  constructor(object: KObject) {
    this.object = object;
  }

  get gvk(): Gvk & { group: string; version: string; kind: string } {
    return { ...splitVersion(this.object.apiVersion ?? ""), kind: this.object.kind ?? "" };
  }
  get name(): string {
    return this.object.metadata?.name ?? "";
  }
  get namespace(): string {
    return this.object.metadata?.namespace ?? "";
  }
  /** What it is now. */
  get id(): Id {
    return { ...this.gvk, name: this.name, namespace: this.namespace };
  }
  get previousIds(): Id[] {
    const { group, version } = this.gvk;
    return this.previous.map((each) => ({ group, version, ...each }));
  }
  /** What it was at first. */
  get originalId(): Id {
    return this.previousIds[0] ?? this.id;
  }
  get allIds(): Id[] {
    return [...this.previousIds, this.id];
  }
  remember(): void {
    const { id } = this;
    this.previous.push({ kind: id.kind ?? "", name: id.name, namespace: effectiveNamespace(id) });
  }
  setName(name: string): void {
    this.object.metadata = { ...this.object.metadata, name };
  }
  copy(): Resource {
    const made = new Resource(structuredClone(this.object));
    const { previous, prefixes, suffixes, behavior, needsHash, vars, origin, transformations } = this;
    return Object.assign(made, {
      previous: [...previous],
      prefixes: [...prefixes],
      suffixes: [...suffixes],
      behavior,
      needsHash,
      vars: [...vars],
      origin,
      transformations: [...transformations],
    });
  }
}

/** In order; no two are the same at any moment. */
export class ResourceList {
  all: Resource[] = [];

  append(resource: Resource): void {
    if (this.all.some((each) => sameId(each.id, resource.id)))
      throw new CliError(`may not add resource with an already registered id: ${idText(resource.id)}`);
    this.all.push(resource);
  }
  byAnyId(matches: (id: Id) => boolean): Resource[] {
    return this.all.filter((each) => each.allIds.some(matches));
  }
  /** The one that is or was `id`, for a patch. */
  one(id: Id): Resource {
    const found = this.byAnyId((each) => sameId(each, id));
    if (found.length === 1) return found[0]!;
    const what = found.length > 1 ? "multiple matches" : "no matches";
    throw new CliError(`${what} for Id ${idText(id)}; failed to find unique target for patch ${idText(id)}`);
  }

  /** Takes what a generator made: new, or over what is there, as its behavior says. */
  absorb(made: Resource): void {
    const found = this.byAnyId((each) => sameId(each, made.id));
    if (found.length > 1) throw new CliError(`found multiple objects that could accept merge of ${idText(made.id)}`);
    const [old] = found;
    if (!old) {
      if (made.behavior === "merge" || made.behavior === "replace")
        throw new CliError(`id ${goId(made.id)} does not exist; cannot merge or replace`);
      return this.append(made);
    }
    if (made.behavior !== "merge" && made.behavior !== "replace")
      throw new CliError(`id ${goId(made.id)} exists; can not use behavior: '${made.behavior}', behavior must be merge or replace`);
    takeMetadata(made, old);
    if (made.behavior === "merge")
      for (const field of ["data", "binaryData"] as const) {
        const merged = { ...old.object[field], ...made.object[field] };
        if (Object.keys(merged).length > 0) made.object[field] = merged;
        else delete made.object[field];
      }
    if (made.behavior === "merge" && old.origin) made.origin = old.origin;
    this.all[this.all.indexOf(old)] = made;
  }
}

/** As Go shows the value with its fields. */
function goId(id: Id): string {
  const quoted = (text: string | undefined) => JSON.stringify(text ?? "");
  return `resid.ResId{Gvk:resid.Gvk{Group:${quoted(id.group)}, Version:${quoted(id.version)}, Kind:${quoted(id.kind)}, isClusterScoped:${effectiveNamespace(id) === "_non_namespaceable_"}}, Name:${quoted(id.name)}, Namespace:${quoted(id.namespace)}}`;
}

/** Name, namespace and history of the old one; labels and annotations of both, the new ones over the old. */
export function takeMetadata(made: Resource, old: Resource): void {
  const merged = (field: "labels" | "annotations") => {
    const both = { ...old.object.metadata?.[field], ...made.object.metadata?.[field] };
    return Object.keys(both).length > 0 ? { [field]: both } : {};
  };
  const { labels: _labels, annotations: _annotations, namespace: _namespace, ...rest } = made.object.metadata ?? {};
  made.object.metadata = {
    ...rest,
    name: old.name,
    ...(old.namespace ? { namespace: old.namespace } : {}),
    ...merged("labels"),
    ...merged("annotations"),
  };
  made.previous = [...old.previous];
  made.prefixes = [...old.prefixes];
  made.suffixes = [...old.suffixes];
  made.needsHash = made.needsHash && old.needsHash;
  made.vars = [...old.vars];
}
