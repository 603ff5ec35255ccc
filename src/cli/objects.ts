/** Reads and writes single objects and collections by resource, whatever their kind. */

import { pathOf, type ResourceInfo } from "./connect/discovery.ts";
import type { Session } from "./connect/session.ts";
import { StatusError } from "./failure.ts";
import type { ListTarget, NamedTarget, Target } from "./input/builder.ts";
import { isNamed } from "./input/builder.ts";
import type { KObject } from "./print/values.ts";

export interface At {
  resource: ResourceInfo;
  namespace: string;
  name: string;
}

export async function getObject(session: Session, at: At, subresource?: string): Promise<KObject> {
  const rest = await session.rest();
  return rest.json<KObject>({ path: pathOf(at.resource, { ...at, subresource }) });
}

export interface Written {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: string;
  force?: boolean;
  subresource?: string;
}

export async function createObject(
  session: Session,
  resource: ResourceInfo,
  object: KObject,
  options: Written & { namespace: string },
): Promise<KObject> {
  const rest = await session.rest();
  // A version that a file names is another object's.
  const { resourceVersion: _, ...metadata } = object.metadata;
  return rest.json<KObject>({
    method: "POST",
    path: pathOf(resource, { namespace: options.namespace }),
    query: writeQuery(options),
    body: { ...object, metadata },
  });
}

export async function updateObject(session: Session, at: At, object: KObject, options: Written = {}): Promise<KObject> {
  const rest = await session.rest();
  return rest.json<KObject>({
    method: "PUT",
    path: pathOf(at.resource, { ...at, subresource: options.subresource }),
    query: writeQuery(options),
    body: object,
  });
}

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export async function patchObject(
  session: Session,
  at: At,
  type: keyof typeof patchTypes,
  patch: unknown,
  options: Written = {},
): Promise<KObject> {
  const rest = await session.rest();
  return rest.json<KObject>({
    method: "PATCH",
    path: pathOf(at.resource, { ...at, subresource: options.subresource }),
    query: { ...writeQuery(options), force: options.force === undefined ? undefined : String(options.force) },
    // What is refused first depends on the order of members: upstream's is by name.
    body: type === "apply" && typeof patch === "object" ? (await import("#codec/go-json.ts")).goJson(patch) : patch,
    contentType: patchTypes[type],
  });
}

function writeQuery(options: Written): Record<string, string | undefined> {
  return { dryRun: options.dryRun ? "All" : undefined, fieldManager: options.fieldManager, fieldValidation: options.fieldValidation };
}

/** All objects of a collection, page by page. */
export async function listObjects(
  session: Session,
  target: Omit<ListTarget, "name">,
  chunk = 500,
): Promise<KObject & { items: KObject[] }> {
  const rest = await session.rest();
  let token: string | undefined;
  let whole: (KObject & { items: KObject[] }) | undefined;
  do {
    const page: KObject & { items: KObject[] } = await rest
      .json<KObject & { items: KObject[] }>({
        path: pathOf(target.resource, { namespace: target.namespace }),
        query: { labelSelector: target.labelSelector, fieldSelector: target.fieldSelector, limit: chunk || undefined, continue: token },
      })
      .catch((error: unknown) => Promise.reject(listFailure(error, target)));
    page.items ??= [];
    const kind = page.kind.replace(/List$/, "");
    for (const item of page.items) {
      item.apiVersion ??= page.apiVersion;
      item.kind ??= kind;
    }
    if (whole) whole.items.push(...page.items);
    else whole = page;
    token = (page.metadata as { continue?: string }).continue;
  } while (token);
  return whole;
}

/** Says what was looked for when the server could not list it. */
export function listFailure(error: unknown, target: { resource: ResourceInfo; labelSelector?: string; fieldSelector?: string }): unknown {
  if (!(error instanceof StatusError) || (error.reason !== "BadRequest" && error.reason !== "NotFound")) return error;
  const { resource, labelSelector = "", fieldSelector = "" } = target;
  const what = JSON.stringify(`${resource.group}/${resource.version}, Resource=${resource.name}`);
  const message =
    labelSelector === "" && fieldSelector === ""
      ? `Unable to list ${what}: ${error.message}`
      : `Unable to find ${what} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}: ${error.message}`;
  return new StatusError({ ...error.status, message });
}

/**
 * The objects behind targets, each with where it lives. `chunk`: so many a request. What cannot be had goes to `errors`, or the
 * first is thrown. `files`: what a file holds is taken as it stands there.
 */
export async function fetchTargets(
  session: Session,
  targets: Target[],
  how: { chunk?: number; errors?: unknown[]; files?: boolean } = {},
): Promise<(At & { object: KObject })[]> {
  const found: (At & { object: KObject })[] = [];
  for (const target of targets) {
    try {
      if (how.files && isNamed(target) && target.manifest) found.push({ ...at(target), object: target.manifest });
      else found.push(...(await fetchTarget(session, target, how.chunk)));
    } catch (error) {
      if (!how.errors) throw error;
      how.errors.push(error);
    }
  }
  return found;
}

async function fetchTarget(session: Session, target: Target, chunk?: number): Promise<(At & { object: KObject })[]> {
  if (isNamed(target)) return [{ ...at(target), object: await getObject(session, target) }];
  const { resource } = target;
  const { items } = await listObjects(session, target, chunk);
  return items.map((object) => ({ resource, namespace: object.metadata.namespace ?? "", name: object.metadata.name, object }));
}

function at(target: NamedTarget): At {
  return { resource: target.resource, namespace: target.namespace, name: target.name };
}
