/**
 * From `kubectl apply` to `kubectl apply --server-side`: what the client-side manager owned goes over to the new one, so that
 * a field which the manifest no longer names can go. Done after an apply, because then the answer says whether it is needed.
 */

import type { Session } from "../../connect/session.ts";
import { isConflict } from "../../failure.ts";
import { lastApplied } from "../../input/write-flags.ts";
import { type At, getObject, patchObject } from "../../objects.ts";
import type { KObject } from "../../print/values.ts";

type Fields = { [key: string]: Fields };

interface Entry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Fields;
  subresource?: string;
}

const defaultManager = "kubectl";
const annotationManager = "kubectl-last-applied";
const maxRetries = 5;

interface HandOver {
  /** The answer of the apply. */
  object: KObject;
  dryRun: boolean;
  fieldManager: string;
  /** Applies the manifest once more. */
  again(): Promise<KObject>;
}

/** The object as it is in the end. A failure here is a warning: the manifest is applied, and the next apply tries again. */
export async function handOver(session: Session, at: At, how: HandOver): Promise<KObject> {
  let { object } = how;
  let step = "failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply";
  try {
    object = await keepAnnotation(session, at, how);
    step = "server rejected managed fields migration to Server-Side Apply";
    const moved = await moveFields(session, at, { ...how, object });
    if (!moved) return object;
    object = moved;
    step = "failed to re-apply configuration after performing Server-Side Apply migration";
    return await how.again();
  } catch (error) {
    const { message } = error as Error;
    session.err(`Warning: ${step}. This is non-fatal and will be retried next time you apply. Error: ${message}\n`);
    return object;
  }
}

const entriesOf = (object: KObject) => (object.metadata.managedFields ?? []) as Entry[];

/** Managers of this operation to whom the last applied configuration belongs. */
function ownersOfAnnotation(entries: Entry[], operation: "Apply" | "Update"): Entry[] {
  return entries.filter(
    (entry) => entry.operation === operation && entry.fieldsV1?.["f:metadata"]?.["f:annotations"]?.[`f:${lastApplied}`] !== undefined,
  );
}

/** The annotation gets a manager of its own, or the next apply would take it away. */
async function keepAnnotation(session: Session, at: At, { object, dryRun, fieldManager }: HandOver): Promise<KObject> {
  const text = object.metadata.annotations?.[lastApplied];
  if (fieldManager !== defaultManager || text === undefined) return object;
  if (ownersOfAnnotation(entriesOf(object), "Apply").length > 0) return object;
  const { name, namespace } = object.metadata;
  const annotated = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...(namespace ? { namespace } : {}), annotations: { [lastApplied]: text } },
  };
  return patchObject(session, at, "apply", annotated, { dryRun, fieldManager: annotationManager });
}

/** Undefined when there was nothing to move. */
async function moveFields(session: Session, at: At, { object, dryRun, fieldManager }: HandOver): Promise<KObject | undefined> {
  const managers = new Set(ownersOfAnnotation(entriesOf(object), "Update").map((entry) => entry.manager ?? ""));
  let now = object;
  for (let attempt = 1; ; attempt++) {
    const before = entriesOf(now);
    let after = before;
    for (const manager of managers) after = withoutClientSide(after, manager, fieldManager);
    if (JSON.stringify(after) === JSON.stringify(before)) return undefined;
    const patch = [
      { op: "replace", path: "/metadata/managedFields", value: after },
      // A conflict when somebody else wrote meanwhile.
      { op: "replace", path: "/metadata/resourceVersion", value: now.metadata.resourceVersion },
    ];
    try {
      return await patchObject(session, at, "json", patch, { dryRun, fieldManager });
    } catch (error) {
      if (!isConflict(error) || attempt >= maxRetries) throw error;
      now = await getObject(session, at);
    }
  }
}

/** Entries in which `applier` owns what `client` owned by updates of the main resource. */
export function withoutClientSide(entries: Entry[], client: string, applier: string): Entry[] {
  const isClient = (entry: Entry) => entry.manager === client && entry.operation === "Update" && !entry.subresource;
  const isApplier = (entry: Entry) => entry.manager === applier && entry.operation === "Apply" && !entry.subresource;
  const known = entries.findIndex(isApplier);
  const at = known >= 0 ? known : entries.findIndex(isClient);
  const target = entries[at];
  if (!target) return entries;
  const source = entries.find((entry) => isClient(entry) && entry.apiVersion === target.apiVersion);
  const next: Entry = { ...target, manager: applier, operation: "Apply" };
  if (source) next.fieldsV1 = union(target.fieldsV1 ?? {}, source.fieldsV1 ?? {});
  return entries.flatMap((entry, i) => (i === at ? [next] : isClient(entry) ? [] : [entry]));
}

function union(a: Fields, b: Fields): Fields {
  const out: Fields = {};
  for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) out[key] = union(a[key] ?? {}, b[key] ?? {});
  return out;
}
