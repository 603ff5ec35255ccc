/** Keeps as many pods as each ReplicaSet (or ReplicationController, by the same code) wants. */

import {
  type KubeObject,
  type Pod,
  type PodTemplateSpec,
  pods,
  type ReplicaSet,
  type Resource,
  replicasets,
  replicationcontrollers,
} from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import {
  controllerOf,
  controllerReference,
  index,
  isAlreadyExists,
  isNamespaceTerminating,
  isNotFound,
  keyOf,
  orUndefined,
  runController,
} from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels, type Selector, selectorFromMap } from "#codec/mod.ts";
import { adopt } from "../adopt.ts";
import { Expectations } from "../expectations.ts";
import { byController, orphansIn, podFromTemplate } from "../pods.ts";
import { type Context, type Controller, timestamp } from "../shared.ts";
import { nextAvailable, planReplicas, type StatusInput, statusOf } from "./plan.ts";

/** The two kinds that keep a number of equal pods. */
interface Family {
  name: string;
  resource: Resource;
  selectorOf(set: KubeObject): Selector;
}

export const byReplicaSet: Family = {
  name: "replicaset-controller",
  resource: replicasets,
  selectorOf: (set) => labelSelectorFrom((set as ReplicaSet).spec?.selector),
};

export const byReplicationController: Family = {
  name: "replication-controller",
  resource: replicationcontrollers,
  selectorOf: (set) => selectorFromMap((set as { spec?: { selector?: Record<string, string> } }).spec?.selector),
};

export function replicaSetController(context: Context, family: Family = byReplicaSet): Controller {
  const { client, clock, log } = context;
  const { resource } = family;
  const recorder = context.recorder(family.name);
  const sets = context.watch<ReplicaSet>(resource);
  const allPods = context.watch(pods);
  const expectations = new Expectations(clock);
  const byOwner = index(family.resource, (set: ReplicaSet) => [controllerOf(set)?.uid ?? ""]);

  const controller = runController({ name: family.name, clock, log, workers: 8, reconcile });
  const { queue } = controller;
  sets.onChange(({ type, object }) => {
    if (type === "deleted") expectations.forget(object.metadata.uid ?? "");
    queue.add(keyOf(object));
  });
  allPods.onChange(({ type, object, old }) => {
    const owner = controllerOf(object);
    const before = old && controllerOf(old);
    const going = type === "deleted" || object.metadata.deletionTimestamp !== undefined;
    for (const each of before && before.uid !== owner?.uid ? [owner, before] : [owner]) {
      if (each?.kind !== resource.kind) continue;
      expectations.seen(each.uid ?? "", object.metadata.uid ?? "", going);
      queue.add(`${object.metadata.namespace}/${each.name}`);
    }
    if (owner || type === "deleted") return;
    for (const set of sets.list()) {
      if (set.metadata.namespace === object.metadata.namespace && matchesLabels(family.selectorOf(set), object.metadata.labels))
        queue.add(keyOf(set));
    }
  });

  async function reconcile(key: string): Promise<number | void> {
    await Promise.all([sets.synced, allPods.synced]);
    const set = sets.get(key);
    if (!set) return;
    const uid = set.metadata.uid!;
    if (!expectations.met(uid)) return;
    const candidates = [...allPods.by(byController, uid), ...allPods.by(orphansIn, set.metadata.namespace!)];
    const ref = { name: set.metadata.name!, namespace: set.metadata.namespace! };
    const own = await adopt<Pod>({
      client,
      resource: pods,
      owner: { ...set, apiVersion: resource.apiVersion, kind: resource.kind },
      selector: family.selectorOf(set),
      candidates,
      ownerNow: () => orUndefined(client.get(resource, ref)),
    });
    let failure: StatusInput["failure"];
    if (!set.metadata.deletionTimestamp) failure = await carryOut(set, own);
    const nowMs = clock.now();
    await writeStatus(set, statusOf({ set, pods: own, nowMs, now: timestamp(clock), failure }));
    if (failure) throw new Error(failure.message);
    return nextAvailable(set, own, nowMs);
  }

  async function carryOut(set: ReplicaSet, own: readonly Pod[]): Promise<StatusInput["failure"]> {
    const owner = controllerOf(set);
    const siblings = owner
      ? sets.by(byOwner, owner.uid ?? "").flatMap((sibling) => allPods.by(byController, sibling.metadata.uid ?? ""))
      : own;
    const plan = planReplicas(set.spec?.replicas ?? 1, own, siblings);
    if (plan.create > 0) return createPods(set, plan.create);
    return deletePods(set, plan.delete);
  }

  /** Starts with one and doubles while all goes well: a set whose pods are refused does not flood the API. */
  async function createPods(set: ReplicaSet, count: number): Promise<StatusInput["failure"]> {
    const uid = set.metadata.uid!;
    const template: PodTemplateSpec | undefined = set.spec?.template;
    const reference = controllerReference({ ...set, apiVersion: resource.apiVersion, kind: resource.kind });
    let failure: StatusInput["failure"];
    for (let left = count, batch = 1; left > 0 && !failure; batch *= 2) {
      const size = Math.min(batch, left);
      left -= size;
      await Promise.all(
        Array.from({ length: size }, async () => {
          const pod = podFromTemplate(template, set.metadata.namespace!, `${set.metadata.name}-`);
          pod.metadata.ownerReferences = [reference];
          try {
            const made = await client.create(pods, pod);
            // Seen already: the watch may be faster than the answer.
            if (!allPods.get(keyOf(made))) expectations.created(uid, made.metadata.uid!);
            recorder.event(set, "Normal", "SuccessfulCreate", `Created pod: ${made.metadata.name}`);
          } catch (error) {
            if (isNamespaceTerminating(error) || isAlreadyExists(error)) return;
            const message = messageOf(error);
            recorder.event(set, "Warning", "FailedCreate", `Error creating: ${message}`);
            failure = { reason: "FailedCreate", message };
          }
        }),
      );
    }
    return failure;
  }

  async function deletePods(set: ReplicaSet, victims: readonly Pod[]): Promise<StatusInput["failure"]> {
    const uid = set.metadata.uid!;
    let failure: StatusInput["failure"];
    await Promise.all(
      victims.map(async (pod) => {
        expectations.deleted(uid, pod.metadata.uid!);
        try {
          await client.delete(
            pods,
            { name: pod.metadata.name!, namespace: pod.metadata.namespace! },
            { preconditions: { uid: pod.metadata.uid! } },
          );
          recorder.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
        } catch (error) {
          expectations.seen(uid, pod.metadata.uid!, true);
          if (isNotFound(error)) return;
          recorder.event(set, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
          failure = { reason: "FailedDelete", message: messageOf(error) };
        }
      }),
    );
    return failure;
  }

  async function writeStatus(set: ReplicaSet, status: ReplicaSet["status"]): Promise<void> {
    if (same(set.status, status)) return;
    try {
      await client.updateStatus(resource, { ...set, apiVersion: resource.apiVersion, kind: resource.kind, status });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return { close: () => controller.close() };
}

function same(a: ReplicaSet["status"], b: ReplicaSet["status"]): boolean {
  const of = (s: ReplicaSet["status"]) =>
    JSON.stringify([
      s?.replicas ?? 0,
      s?.fullyLabeledReplicas ?? 0,
      s?.readyReplicas ?? 0,
      s?.availableReplicas ?? 0,
      s?.terminatingReplicas ?? 0,
      s?.observedGeneration ?? 0,
      s?.conditions ?? [],
    ]);
  return of(a) === of(b);
}
