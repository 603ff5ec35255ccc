/** Empties namespaces that are being deleted, then lets them go. */

import { type Namespace, namespaces, resourcePath } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { isConflict, isNotFound, keyOf, runController } from "#client/mod.ts";
import { type Context, type Controller, timestamp } from "../shared.ts";

const waitMs = 300;

interface Found {
  group: string;
  version: string;
  resource: string;
  namespaced: true;
}

interface Remaining {
  metadata: { name: string; finalizers?: string[] };
}

interface Outcome {
  /** `pods.` or `deployments.apps`, and how many. */
  left: Map<string, number>;
  finalizers: Map<string, number>;
  failures: string[];
}

function count({ left, finalizers }: Outcome, { resource, group }: Found, remaining: readonly Remaining[]): void {
  if (remaining.length > 0) left.set(`${resource}.${group}`, remaining.length);
  for (const finalizer of remaining.flatMap(({ metadata }) => metadata.finalizers ?? []))
    finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
}

const listed = (counts: ReadonlyMap<string, number>, word: string) =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, number]) => `${name} ${word} ${number} resource instances`)
    .join(", ");

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
    const outcome = await empty(name);
    await writeConditions(namespace, outcome);
    if (outcome.left.size > 0 || outcome.failures.length > 0) return waitMs;
    const finalizers = namespace.spec.finalizers.filter((finalizer) => finalizer !== "kubernetes");
    const done = { ...namespace, apiVersion: "v1", kind: "Namespace", spec: { ...namespace.spec, finalizers } };
    try {
      await client.update(namespaces, { ...done, metadata: { ...done.metadata, resourceVersion: undefined } }, { subresource: "finalize" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function empty(name: string): Promise<Outcome> {
    const outcome: Outcome = { left: new Map(), finalizers: new Map(), failures: [] };
    const resources = await discover(outcome.failures);
    const isPods = ({ group, resource }: Found) => group === "" && resource === "pods";
    // Pods go first and alone: what configures and protects them stays until the last has ended.
    for (const phase of [resources.filter(isPods), resources.filter((each) => !isPods(each))]) {
      if (outcome.left.size > 0 || outcome.failures.length > 0) break;
      await Promise.all(
        phase.map(async (resource) => {
          try {
            count(outcome, resource, await emptyOf(resource, name));
          } catch (error) {
            outcome.failures.push(`${resource.resource}: ${messageOf(error)}`);
          }
        }),
      );
    }
    return outcome;
  }

  /** What is still there after asking for its deletion. */
  async function emptyOf(resource: Found, namespace: string): Promise<Remaining[]> {
    const path = resourcePath(resource, { namespace });
    const list = async () => {
      const { status, object } = await client.transport.request({ method: "GET", path: `${path}?limit=500`, headers: { accept: partial } });
      return status === 404 || status === 405 ? [] : ((object as { items?: Remaining[] })?.items ?? []);
    };
    if ((await list()).length === 0) return [];
    await client.transport.request({
      method: "DELETE",
      path,
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
    });
    return list();
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

  async function writeConditions(namespace: Namespace, { left, finalizers, failures }: Outcome): Promise<void> {
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
        left.size > 0,
        left.size > 0 ? "SomeResourcesRemain" : "ContentRemoved",
        left.size > 0 ? `Some resources are remaining: ${listed(left, "has")}` : "All content successfully removed",
      ),
      make(
        "NamespaceFinalizersRemaining",
        finalizers.size > 0,
        finalizers.size > 0 ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
        finalizers.size > 0
          ? `Some content in the namespace has finalizers remaining: ${listed(finalizers, "in")}`
          : "All content-preserving finalizers finished",
      ),
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
