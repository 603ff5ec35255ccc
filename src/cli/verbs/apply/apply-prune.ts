/** `apply --prune`: deletes what was applied before and is no longer in the files. */

import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { lastApplied } from "../../input/write-flags.ts";
import { listObjects } from "../../objects.ts";
import { outcomePrinter } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

const defaults = [
  "core/v1/ConfigMap",
  "core/v1/Endpoints",
  "core/v1/Namespace",
  "core/v1/PersistentVolumeClaim",
  "core/v1/PersistentVolume",
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
];

export async function prune(session: Session, visited: KObject[], dryRun: "none" | "client" | "server"): Promise<void> {
  const { flags } = session;
  const kept = new Set(visited.map((object) => object.metadata.uid));
  const namespaces = new Set(visited.flatMap((object) => object.metadata.namespace ?? []));
  const print = await outcomePrinter(session, { dryRun });
  const mapper = await session.mapper();
  const { deleteObject } = await import("../delete.ts");
  const chosen = flags.list("prune-allowlist");
  for (const text of chosen.length > 0 ? chosen : defaults) {
    const [group, version, kind] = text.split("/");
    if (!kind) throw new CliError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    const resource = mapper.kind(group === "core" ? "" : group, version, kind);
    if (!resource) continue;
    for (const namespace of resource.namespaced ? namespaces : [""]) {
      const { items } = await listObjects(session, { resource, namespace, labelSelector: flags.text("selector") });
      for (const object of items) {
        if (object.metadata.annotations?.[lastApplied] === undefined || kept.has(object.metadata.uid)) continue;
        if (dryRun !== "client")
          await deleteObject(session, { resource, namespace, name: object.metadata.name }, { dryRun: dryRun === "server" });
        print(object, "pruned");
      }
    }
  }
}
