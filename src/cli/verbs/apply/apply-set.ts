/**
 * ApplySets (KEP 3659): a parent object keeps in labels and annotations what was applied, so that what is no longer applied can be
 * found and deleted. `KUBECTL_APPLYSET=true kubectl apply --prune --applyset=NAME`. Annotations and labels are the KEP's, the
 * requests in upstream's order: the parent names the superset before anything is applied, and what is left after pruning.
 */
import { createHash } from "node:crypto";
import { messageOf } from "#base/errors.ts";
import { apiVersionOf, type ResourceInfo } from "../../connect/discovery.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { gitVersion } from "../../connect/versions.ts";
import { CliError, ErrorList, isConflict, isNotFound } from "../../failure.ts";
import type { NamedTarget } from "../../input/builder.ts";
import { getObject, listObjects, patchObject } from "../../objects.ts";
import { outcomePrinter } from "../../print/printers.ts";
import { type DeleteHow, deleteObject } from "../delete.ts";

const prefix = "applyset.kubernetes.io";
const idLabel = `${prefix}/id`;
const memberLabel = `${prefix}/part-of`;
const parentTypeLabel = `${prefix}/is-parent-type`;
const toolingAnnotation = `${prefix}/tooling`;
const kindsAnnotation = `${prefix}/contains-group-kinds`;
const resourcesAnnotation = `${prefix}/contains-group-resources`;
const namespacesAnnotation = `${prefix}/additional-namespaces`;
const tool = "kubectl";
const manager = `${tool}-applyset`;

/** Kinds by their name, `Deployment.apps`, and the namespaces that hold them. */
interface Contents {
  kinds: Map<string, ResourceInfo>;
  namespaces: Set<string>;
}

export interface ApplySet {
  parent: { resource: ResourceInfo; namespace: string; name: string };
  id: string;
  /** What the parent names when the command begins. */
  before: Contents;
  /** What this command applies. */
  after: Contents;
}

interface How {
  dryRun: DryRun;
  /** fieldValidation of requests. */
  validation: string;
  /** How members go that are no longer applied. */
  deletion: DeleteHow;
}

const groupKind = ({ kind, group }: ResourceInfo) => (group === "" ? kind : `${kind}.${group}`);
const shown = ({ parent }: ApplySet) => JSON.stringify(`${parent.resource.name}.${parent.resource.group}/${parent.name}`);
const isBuiltIn = ({ group, version, name }: ResourceInfo) =>
  group === "" && version === "v1" && (name === "secrets" || name === "configmaps");

/** `base64url(sha256(name.namespace.Kind.group))` between words that a label may begin and end with. */
export function applySetId(parent: ApplySet["parent"]): string {
  const { resource, namespace, name } = parent;
  const hash = createHash("sha256").update([name, namespace, resource.kind, resource.group].join(".")).digest("base64url");
  return `applyset-${hash}-v1`;
}

/** What --applyset names: `[RESOURCE][.GROUP]/NAME`, or the name of a Secret. */
export async function openApplySet(session: Session, reference: string): Promise<ApplySet> {
  const refuse = (message: string) => new CliError(`invalid parent reference ${JSON.stringify(reference)}: ${message}`);
  const slash = reference.indexOf("/");
  const type = slash < 0 ? "secrets" : reference.slice(0, slash);
  const name = reference.slice(slash + 1);
  if (name === "") throw refuse("name cannot be blank");
  const resource = (await session.mapper()).resourceOf(type) ?? (await session.freshMapper()).resourceOf(type);
  if (!resource) {
    const [plural, ...group] = type.split(".");
    throw refuse(`no matches for ${group.join(".")}/, Resource=${plural}`);
  }
  // The namespace of a context does not count: the flag must name it.
  const { namespace, namespaceGiven } = await session.target();
  const parent = { resource, name, namespace: namespaceGiven && resource.namespaced ? namespace : "" };
  const nothing = (): Contents => ({ kinds: new Map(), namespaces: new Set() });
  return { parent, id: applySetId(parent), before: nothing(), after: nothing() };
}

/** Whether the parent may be one: Secrets, ConfigMaps, and kinds whose definition says so. */
export async function checkParent(session: Session, { parent }: ApplySet): Promise<void> {
  const errors: CliError[] = [];
  const { resource } = parent;
  if (resource.namespaced && parent.namespace === "") errors.push(new CliError("namespace is required to use namespace-scoped ApplySet"));
  if (!isBuiltIn(resource)) {
    const allowed = await parentTypes(session).catch((error: unknown) => {
      errors.push(new CliError(`identifying allowed custom resource parent types: ${messageOf(error)}`));
      return new Set<string>();
    });
    if (!allowed.has(`${resource.name}.${resource.group}`)) {
      const shownResource = `${resource.group}/${resource.version}, Resource=${resource.name}`;
      errors.push(new CliError(`resource ${JSON.stringify(shownResource)} is not permitted as an ApplySet parent`));
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new ErrorList(errors);
}

async function parentTypes(session: Session): Promise<Set<string>> {
  const resource = await session.resource("customresourcedefinitions.apiextensions.k8s.io");
  const { items } = await listObjects(session, { resource, namespace: "", labelSelector: parentTypeLabel });
  return new Set(items.map(({ metadata }) => metadata.name));
}

/** Marks what will be applied as members. */
export function addMemberLabels(set: ApplySet, targets: NamedTarget[]): void {
  for (const { manifest } of targets) {
    if (!manifest) continue;
    const labels = manifest.metadata.labels ?? {};
    if (memberLabel in labels) throw new CliError(`ApplySet label ${JSON.stringify(memberLabel)} already set in input data`);
    manifest.metadata.labels = { ...labels, [memberLabel]: set.id };
  }
}

/** Before anything is applied the parent names the old contents and the new: what fails half-way is found again. */
export async function beginApplySet(session: Session, set: ApplySet, how: How, targets: NamedTarget[]): Promise<void> {
  set.before = await contentsOfParent(session, set);
  for (const { resource, namespace } of targets) {
    set.after.kinds.set(groupKind(resource), resource);
    if (resource.namespaced && namespace !== "") set.after.namespaces.add(namespace);
  }
  const both = {
    kinds: new Map([...set.before.kinds, ...set.after.kinds]),
    namespaces: new Set([...set.before.namespaces, ...set.after.namespaces]),
  };
  await updateParent(session, set, how, both);
}

async function contentsOfParent(session: Session, set: ApplySet): Promise<Contents> {
  const { parent } = set;
  const empty: Contents = { kinds: new Map(), namespaces: new Set() };
  let labels: Record<string, string>;
  let annotations: Record<string, string>;
  try {
    ({ labels = {}, annotations = {} } = (await getObject(session, parent)).metadata);
  } catch (error) {
    if (!isNotFound(error)) throw new CliError(`failed to fetch ApplySet parent object ${shown(set)}: ${messageOf(error)}`);
    if (!isBuiltIn(parent.resource)) throw new CliError("custom resource ApplySet parents cannot be created automatically");
    return empty;
  }
  const refuse = (words: string) => new CliError(`ApplySet parent object ${shown(set)} ${words}`);
  const tooling = annotations[toolingAnnotation];
  if (tooling === undefined) throw refuse(`already exists and is missing required annotation ${JSON.stringify(toolingAnnotation)}`);
  const managedBy = tooling.includes("/") ? tooling.slice(0, tooling.lastIndexOf("/")) : tooling;
  if (managedBy !== tool)
    throw refuse(`already exists and is managed by tooling ${JSON.stringify(managedBy)} instead of ${JSON.stringify(tool)}`);
  const id = labels[idLabel];
  if (id === undefined) throw refuse(`exists and does not have required label ${idLabel}`);
  if (id !== set.id) throw refuse(`exists and has incorrect value for label ${JSON.stringify(idLabel)} (got: ${id}, want: ${set.id})`);
  let kinds: Contents["kinds"];
  try {
    kinds = await kindsIn(session, annotations);
  } catch (error) {
    throw new CliError(`parsing ApplySet annotation on ${shown(set)}: ${messageOf(error)}`);
  }
  const namespaces = new Set((annotations[namespacesAnnotation] ?? "").split(",").filter((name) => name !== ""));
  if (parent.resource.namespaced) namespaces.add(parent.namespace);
  return { kinds, namespaces };
}

async function kindsIn(session: Session, annotations: Record<string, string>): Promise<Contents["kinds"]> {
  const text = annotations[kindsAnnotation];
  if (text === undefined) {
    const older = annotations[resourcesAnnotation];
    if (older) return kindsOfResources(session, older);
    throw new CliError(`kubectl requires the ${JSON.stringify(kindsAnnotation)} annotation to be set on all ApplySet parent objects`);
  }
  const kinds: Contents["kinds"] = new Map();
  for (const name of text === "" ? [] : text.split(",")) {
    const [kind = "", ...rest] = name.split(".");
    const group = rest.join(".");
    const resource = (await session.mapper()).groupKind(group, kind) ?? (await session.freshMapper()).groupKind(group, kind);
    if (!resource) {
      const reason = `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`;
      throw new CliError(`could not find mapping for kind in ${JSON.stringify(kindsAnnotation)} annotation: ${reason}`);
    }
    kinds.set(name, resource);
  }
  return kinds;
}

/** The annotation of before v1.28: it is read, and goes with the next update. */
async function kindsOfResources(session: Session, text: string): Promise<Contents["kinds"]> {
  const kinds: Contents["kinds"] = new Map();
  for (const name of text.split(",")) {
    const resource = (await session.mapper()).resourceOf(name) ?? (await session.freshMapper()).resourceOf(name);
    if (!resource) {
      const [plural, ...group] = name.split(".");
      const reason = `no matches for ${group.join(".")}/, Resource=${plural}`;
      throw new CliError(`invalid group resource in ${JSON.stringify(resourcesAnnotation)} annotation: ${reason}`);
    }
    kinds.set(groupKind(resource), resource);
  }
  return kinds;
}

/** Server-side apply: annotations that are not named here go. */
async function updateParent(session: Session, set: ApplySet, how: How, { kinds, namespaces }: Contents): Promise<void> {
  if (how.dryRun === "client") return;
  const { parent } = set;
  const others = [...namespaces].filter((name) => name !== parent.namespace);
  const object = {
    apiVersion: apiVersionOf(parent.resource),
    kind: parent.resource.kind,
    metadata: {
      name: parent.name,
      ...(parent.namespace ? { namespace: parent.namespace } : {}),
      annotations: {
        [toolingAnnotation]: `${tool}/${gitVersion}`,
        [kindsAnnotation]: [...kinds.keys()].sort().join(","),
        [namespacesAnnotation]: others.sort().join(","),
      },
      labels: { [idLabel]: set.id },
    },
  };
  const send = (force: boolean) =>
    patchObject(session, parent, "apply", object, {
      dryRun: how.dryRun === "server",
      fieldManager: manager,
      fieldValidation: how.validation,
      force,
    });
  try {
    await send(false).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      session.log(
        "applyset.go:447",
        `WARNING: failed to update ApplySet: ${messageOf(error)}\nApplySet field manager ${manager} should own these fields. Retrying with conflicts forced.`,
      );
      return send(true);
    });
  } catch (error) {
    throw new CliError(`failed to update ApplySet: ${messageOf(error)}`);
  }
}

/** Deletes members that were not applied now, and then forgets where they were. `kept`: uids of what was applied. */
export async function pruneApplySet(session: Session, set: ApplySet, how: How, kept: Set<string>): Promise<void> {
  const print = await outcomePrinter(session, { dryRun: how.dryRun });
  for (const { object, resource, namespace } of await strangers(session, set, kept)) {
    const { name } = object.metadata;
    if (how.dryRun !== "client") {
      await deleteObject(session, { resource, namespace, name }, how.deletion).catch((error: unknown) => {
        const what = `${groupKind(resource)} ${namespace === "" ? "" : `${namespace}/`}${name}`;
        throw new CliError(`pruning ${what}: ${messageOf(error)}`);
      });
    }
    print(object, "pruned");
  }
  await updateParent(session, set, how, set.after).catch((error: unknown) => {
    throw new CliError(`apply and prune succeeded, but ApplySet update failed: ${messageOf(error)}`);
  });
}

async function strangers(session: Session, set: ApplySet, kept: Set<string>) {
  const places = [...set.before.kinds.values()].flatMap((resource) =>
    (resource.namespaced ? [...set.before.namespaces] : [""]).map((namespace) => ({ resource, namespace })),
  );
  const found = await Promise.all(
    places.map(async (at) => {
      const list = listObjects(session, { ...at, labelSelector: `${memberLabel}=${set.id}` }, 0);
      const { items } = await list.catch((error: unknown) => {
        const { group, version, kind } = at.resource;
        throw new CliError(`listing ${group}/${version}, Kind=${kind} objects for pruning: ${messageOf(error)}`);
      });
      return items.map((object) => ({ ...at, object }));
    }),
  );
  return found.flat().filter(({ object }) => !kept.has(object.metadata.uid ?? ""));
}
