/** Empties namespaces that are being deleted, then lets them go. */

import { type Namespace, namespaces, resourcePath } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { isConflict, isNotFound, keyOf, runController } from "#client/mod.ts";
import { type Context, type Controller, timestamp } from "../shared.ts";

/** Content goes in discovery's order, pods before what protects them. */
const last = new Set(["networkpolicies"]);
const waitMs = 300;

interface Found {
  group: string;
  version: string;
  resource: string;
  namespaced: true;
}

export function namespaceController(context: Context): Controller {
  const { client, clock, log } = context;
  const all = context.watch(namespaces);
  const controller = runController({ name: "namespace", clock, log, workers: 4, reconcile });
  all.onChange(({ type, object }) => {
    if (type !== "deleted" && object.metadata.deletionTimestamp) controller.queue.add(keyOf(object));
  });

  async function reconcile(name: string): Promise<number | void> {
    const namespace = all.get(name);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes("kubernetes")) return;
    const { left, failures } = await empty(name);
    await writeConditions(namespace, left, failures);
    if (left > 0 || failures.length > 0) return waitMs;
    const finalizers = namespace.spec.finalizers.filter((finalizer) => finalizer !== "kubernetes");
    const done = { ...namespace, apiVersion: "v1", kind: "Namespace", spec: { ...namespace.spec, finalizers } };
    try {
      await client.update(namespaces, { ...done, metadata: { ...done.metadata, resourceVersion: undefined } }, { subresource: "finalize" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function empty(name: string): Promise<{ left: number; failures: string[] }> {
    const failures: string[] = [];
    let left = 0;
    const resources = await discover(failures);
    const phases = [
      resources.filter((each) => each.resource === "pods"),
      resources.filter((each) => each.resource !== "pods" && !last.has(each.resource)),
      resources.filter((each) => last.has(each.resource)),
    ];
    for (const phase of phases) {
      // Policies stay while pods do.
      if (phase === phases[2] && left > 0) break;
      await Promise.all(
        phase.map(async (resource) => {
          try {
            left += await emptyOf(resource, name);
          } catch (error) {
            failures.push(`${resource.resource}: ${messageOf(error)}`);
          }
        }),
      );
    }
    return { left, failures };
  }

  /** How many objects of this resource are still there after asking for their deletion. */
  async function emptyOf(resource: Found, namespace: string): Promise<number> {
    const path = resourcePath(resource, { namespace });
    const listed = await client.transport.request({ method: "GET", path: `${path}?limit=500`, headers: { accept: partial } });
    const items = (listed.object as { items?: { metadata: { name: string } }[] })?.items ?? [];
    if (listed.status === 404 || listed.status === 405 || items.length === 0) return 0;
    await client.transport.request({
      method: "DELETE",
      path,
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
    });
    const after = await client.transport.request({ method: "GET", path: `${path}?limit=500`, headers: { accept: partial } });
    return ((after.object as { items?: unknown[] })?.items ?? []).length;
  }

  async function discover(failures: string[]): Promise<Found[]> {
    const groups = await client.transport.request({ method: "GET", path: "/apis" });
    const versions = [
      "v1",
      ...((groups.object as { groups?: { preferredVersion: { groupVersion: string } }[] })?.groups ?? []).map(
        (group) => group.preferredVersion.groupVersion,
      ),
    ];
    const out: Found[] = [];
    for (const groupVersion of versions) {
      const [group, version] = groupVersion.includes("/") ? groupVersion.split("/") : ["", groupVersion];
      const answer = await client.transport.request({ method: "GET", path: group ? `/apis/${groupVersion}` : `/api/${groupVersion}` });
      if (answer.status !== 200) {
        failures.push(`${groupVersion}: discovery answered ${answer.status}`);
        continue;
      }
      const list = (answer.object as { resources?: { name: string; namespaced: boolean; verbs: string[] }[] }).resources ?? [];
      for (const each of list) {
        if (!each.namespaced || each.name.includes("/") || !each.verbs.includes("delete") || !each.verbs.includes("list")) continue;
        if (group === "events.k8s.io" && each.name === "events") continue;
        out.push({ group: group!, version: version!, resource: each.name, namespaced: true });
      }
    }
    return out;
  }

  async function writeConditions(namespace: Namespace, left: number, failures: string[]): Promise<void> {
    const now = timestamp(clock);
    const known = namespace.status?.conditions ?? [];
    const make = (type: string, bad: boolean, reason: string, message: string) => {
      const before = known.find((condition) => condition.type === type);
      const status = bad ? "True" : "False";
      return { type, status, reason, message, lastTransitionTime: before?.status === status ? before.lastTransitionTime : now };
    };
    const conditions = [
      make("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"),
      make("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
      make(
        "NamespaceDeletionContentFailure",
        failures.length > 0,
        failures.length > 0 ? "ContentDeletionFailed" : "ContentDeleted",
        failures.length > 0
          ? `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`
          : "All content successfully deleted, may be waiting on finalization",
      ),
      make(
        "NamespaceContentRemaining",
        left > 0,
        left > 0 ? "SomeResourcesRemain" : "ContentRemoved",
        left > 0 ? `Some resources are remaining: ${left} objects` : "All content successfully removed",
      ),
      make("NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
    ];
    const of = (list: { type?: string; status?: string; message?: string }[]) =>
      JSON.stringify(list.map(({ type, status, message }) => [type, status, message]));
    if (of(known) === of(conditions)) return;
    try {
      const next = {
        ...namespace,
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { ...namespace.metadata, resourceVersion: undefined },
        status: { ...namespace.status, conditions },
      };
      await client.updateStatus(namespaces, next);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  return { close: () => controller.close() };
}

const partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
