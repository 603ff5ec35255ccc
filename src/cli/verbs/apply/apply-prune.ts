/** `apply --prune` by an allowlist: deletes what was applied before and is no longer in the files. */

import { messageOf } from "#base/errors.ts";
import { apiVersionOf, type ResourceInfo } from "../../connect/discovery.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { lastApplied } from "../../input/write-flags.ts";
import { listObjects } from "../../objects.ts";
import { outcomePrinter } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { type DeleteHow, deleteObject } from "../delete.ts";

const defaults = [
  "core/v1/ConfigMap",
  "core/v1/Endpoints",
  "core/v1/PersistentVolumeClaim",
  "core/v1/Pod",
  "core/v1/ReplicationController",
  "core/v1/Secret",
  "core/v1/Service",
  "batch/v1/Job",
  "batch/v1/CronJob",
  "networking.k8s.io/v1/Ingress",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/ReplicaSet",
  "apps/v1/StatefulSet",
  "core/v1/Namespace",
  "core/v1/PersistentVolume",
];

/** Those of --prune-allowlist, which must be served. */
export async function allowedKinds(session: Session): Promise<ResourceInfo[]> {
  const found: ResourceInfo[] = [];
  for (const text of session.flags.list("prune-allowlist")) {
    if (text.split("/").length !== 3) throw new CliError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    found.push(await served(session, text));
  }
  return found;
}

async function served(session: Session, text: string): Promise<ResourceInfo> {
  const [named = "", version = "", kind = ""] = text.split("/");
  const at = { group: named === "core" ? "" : named, version };
  const resource = await session.resourceOfKind({ apiVersion: apiVersionOf(at), kind });
  if (resource) return resource;
  throw new CliError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersionOf(at))}`);
}

interface Scope {
  /** Kinds to look at; none means upstream's list. */
  allowed: ResourceInfo[];
  /** Uids of what the files hold. */
  kept: Set<string>;
  namespaces: Set<string>;
}

type Unwanted = { object: KObject; resource: ResourceInfo; namespace: string };

/** What was applied before, is chosen by --selector, and is not in the files. */
export async function unwanted(session: Session, scope: Scope): Promise<Unwanted[]> {
  const found: Unwanted[] = [];
  await each(session, scope, async (one) => void found.push(one));
  return found;
}

export async function prune(session: Session, how: Scope & { dryRun: DryRun; deletion: DeleteHow }): Promise<void> {
  await each(session, how, async ({ object, resource, namespace }) => {
    if (how.dryRun !== "client") await deleteObject(session, { resource, namespace, name: object.metadata.name }, how.deletion);
    // Each is printed as if it were the first: no line parts two YAML documents.
    (await outcomePrinter(session, { dryRun: how.dryRun }))(object, "pruned");
  });
}

async function each(session: Session, scope: Scope, visit: (one: Unwanted) => Promise<void>): Promise<void> {
  let { allowed } = scope;
  if (allowed.length === 0) {
    session.log(
      "prune.go:71",
      "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.",
    );
    allowed = await Promise.all(defaults.map((text) => served(session, text)));
  }
  const within = allowed.filter(({ namespaced }) => namespaced);
  const places = [...scope.namespaces].sort().flatMap((namespace) => within.map((resource) => ({ resource, namespace })));
  for (const resource of allowed.filter(({ namespaced }) => !namespaced)) places.push({ resource, namespace: "" });
  for (const at of places) {
    try {
      const { items } = await listObjects(session, { ...at, labelSelector: session.flags.text("selector") || undefined });
      for (const object of items) {
        const { annotations, uid = "" } = object.metadata;
        if (annotations?.[lastApplied] !== undefined && !scope.kept.has(uid)) await visit({ ...at, object });
      }
    } catch (error) {
      const { group, version, kind, namespaced } = at.resource;
      const what = `${namespaced ? "namespaced" : "nonNamespaced"} object ${group}/${version}, Kind=${kind}`;
      throw new CliError(`error pruning ${what}: ${messageOf(error)}`);
    }
  }
}
