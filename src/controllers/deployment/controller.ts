/**
 * Rolls Deployments out through ReplicaSets:
 *
 *     find or make the set of the current template ─▶ grow it, shrink the others ─▶ status ─▶ forget old revisions
 */
import { type Deployment, deployments, pods, type ReplicaSet, replicasets } from "#api/mod.ts";
import { controllerOf, controllerReference, index, isAlreadyExists, isNotFound, keyOf, orUndefined, runController } from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { adopt } from "../adopt.ts";
import { byController, isFinished } from "../pods.ts";
import { type Context, type Controller, timestamp } from "../shared.ts";
import {
  boundsOf,
  byAge,
  desiredAnnotation,
  isScalingEvent,
  maxAnnotation,
  newReplicas,
  replicasOf,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
  scaleProportionally,
  shrinkOld,
} from "./plan.ts";
import { deadlineLeftMs, isComplete, set as setCondition, statusOf } from "./status.ts";
import { hashLabel, hasTemplate, templateHash } from "./template-hash.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const ownAnnotations = new Set([
  lastApplied,
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredAnnotation,
  maxAnnotation,
  "deprecated.deployment.rollback.to",
]);

const setsIn = index(replicasets, (set) => [set.metadata.namespace ?? ""]);

export function deploymentController(context: Context): Controller {
  const { client, clock, log } = context;
  const recorder = context.recorder("deployment-controller");
  const all = context.watch(deployments);
  const sets = context.watch(replicasets);
  const allPods = context.watch(pods);
  const controller = runController({ name: "deployment", clock, log, workers: 8, reconcile });
  const { queue } = controller;

  all.onChange(({ object }) => queue.add(keyOf(object)));
  sets.onChange(({ object, old }) => {
    for (const owner of [controllerOf(object), old && controllerOf(old)])
      if (owner?.kind === "Deployment") queue.add(`${object.metadata.namespace}/${owner.name}`);
    if (controllerOf(object)) return;
    for (const deployment of all.list()) {
      if (deployment.metadata.namespace !== object.metadata.namespace) continue;
      if (matchesLabels(labelSelectorFrom(deployment.spec?.selector), object.metadata.labels)) queue.add(keyOf(deployment));
    }
  });
  // Recreate waits for the last old pod to be gone.
  allPods.onChange(({ type, object }) => {
    if (type !== "deleted") return;
    const owner = controllerOf(object);
    const set = owner?.kind === "ReplicaSet" ? sets.get(`${object.metadata.namespace}/${owner.name}`) : undefined;
    const deployment = set && controllerOf(set);
    if (deployment?.kind === "Deployment") queue.add(`${object.metadata.namespace}/${deployment.name}`);
  });

  async function reconcile(key: string): Promise<number | void> {
    await Promise.all([all.synced, sets.synced, allPods.synced]);
    const deployment = all.get(key);
    if (!deployment) return;
    const ref = { name: deployment.metadata.name!, namespace: deployment.metadata.namespace! };
    const own = await adopt<ReplicaSet>({
      client,
      resource: replicasets,
      owner: { ...deployment, apiVersion: "apps/v1", kind: "Deployment" },
      selector: labelSelectorFrom(deployment.spec?.selector),
      candidates: sets.by(setsIn, ref.namespace),
      ownerNow: () => orUndefined(client.get(deployments, ref)),
    });
    if (deployment.metadata.deletionTimestamp) return writeStatus(deployment, own, newestOf(deployment, own));
    const now = await withPauseCondition(deployment);
    if (now.spec?.paused || isScalingEvent(now, own)) return scaleOnly(now, own);
    return now.spec?.strategy?.type === "Recreate" ? recreate(now, own) : roll(now, own);
  }

  async function scaleOnly(deployment: Deployment, own: ReplicaSet[]): Promise<number | void> {
    const newest = newestOf(deployment, own);
    const active = own.filter((set) => replicasOf(set) > 0);
    const wanted = deployment.spec?.replicas ?? 1;
    const latest = active.length === 0 ? byAge(own).at(-1) : undefined;
    const single = active.length === 1 ? active[0] : active.length === 0 ? (newest ?? latest) : undefined;
    let changed = own;
    if (single) changed = await scale(deployment, own, [{ set: single, replicas: wanted }]);
    else if (newest && isSaturated(deployment, newest))
      changed = await scale(
        deployment,
        own,
        active.filter((set) => set !== newest).map((set) => ({ set, replicas: 0 })),
      );
    else if (deployment.spec?.strategy?.type === "RollingUpdate")
      changed = await scale(deployment, own, scaleProportionally(deployment, own));
    // Sizes that are right already must still learn the wanted number, or every look would be a scaling event.
    changed = await scale(
      deployment,
      changed,
      changed.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: replicasOf(set) })),
    );
    return writeStatus(deployment, changed, newestOf(deployment, changed));
  }

  async function roll(deployment: Deployment, own: ReplicaSet[]): Promise<number | void> {
    const made = await ensureNewest(deployment, own);
    if (!made) return;
    let { newest, sets: current } = made;
    const grown = newReplicas(deployment, current, newest);
    if (grown !== replicasOf(newest)) {
      current = await scale(deployment, current, [{ set: newest, replicas: grown }]);
      return writeStatus(deployment, current, newestOf(deployment, current));
    }
    const steps = shrinkOld(
      deployment,
      current,
      current.filter((set) => set !== newest),
      newest,
    );
    if (steps.length > 0) current = await scale(deployment, current, steps);
    newest = newestOf(deployment, current)!;
    await forgetOld(deployment, current, newest);
    return writeStatus(deployment, current, newest);
  }

  async function recreate(deployment: Deployment, own: ReplicaSet[]): Promise<number | void> {
    const newest = newestOf(deployment, own);
    const old = own.filter((set) => set !== newest);
    const steps = old.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
    if (steps.length > 0) {
      const current = await scale(deployment, own, steps);
      return writeStatus(deployment, current, newest);
    }
    const alive = old.some((set) => allPods.by(byController, set.metadata.uid ?? "").some((pod) => !isFinished(pod)));
    if (alive) return writeStatus(deployment, own, newest);
    const made = await ensureNewest(deployment, own);
    if (!made) return;
    const wanted = deployment.spec?.replicas ?? 1;
    const current = await scale(deployment, made.sets, [{ set: made.newest, replicas: wanted }]);
    await forgetOld(deployment, current, newestOf(deployment, current)!);
    return writeStatus(deployment, current, newestOf(deployment, current));
  }

  /** The set of the current template, made when there is none; undefined when a hash collision must be settled first. */
  async function ensureNewest(deployment: Deployment, own: ReplicaSet[]): Promise<{ newest: ReplicaSet; sets: ReplicaSet[] } | undefined> {
    const known = newestOf(deployment, own);
    const others = own.filter((set) => set !== known).map(revisionOf);
    const highest = others.reduce((most, each) => (each > most ? each : most), 0n);
    const revision = known && revisionOf(known) > highest ? revisionOf(known) : highest + 1n;
    if (known) {
      const annotations = annotationsFor(deployment, known, revision);
      let newest = known;
      if (
        !sameMap(annotations, known.metadata.annotations) ||
        (known.spec?.minReadySeconds ?? 0) !== (deployment.spec?.minReadySeconds ?? 0)
      ) {
        const spec = { ...known.spec, ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}) };
        if (!deployment.spec?.minReadySeconds) delete spec.minReadySeconds;
        newest = await client.update(replicasets, {
          ...known,
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          metadata: { ...known.metadata, annotations },
          spec,
        });
      }
      await noteRevision(deployment, revision);
      return { newest, sets: own.map((set) => (set === known ? newest : set)) };
    }
    const hash = templateHash(deployment.spec?.template, deployment.status?.collisionCount);
    const labels = { ...deployment.spec?.template?.metadata?.labels, [hashLabel]: hash };
    const selector = deployment.spec?.selector ?? {};
    const made: ReplicaSet = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace,
        labels,
        ownerReferences: [controllerReference({ ...deployment, apiVersion: "apps/v1", kind: "Deployment" })],
      },
      spec: {
        replicas: 0,
        ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...deployment.spec?.template, metadata: { ...deployment.spec?.template?.metadata, labels } },
      },
    };
    made.spec!.replicas = newReplicas(deployment, [...own, made], made);
    made.metadata.annotations = annotationsFor(deployment, made, revision);
    try {
      const newest = await client.create(replicasets, made);
      recorder.event(
        deployment,
        "Normal",
        "ScalingReplicaSet",
        `Scaled up replica set ${newest.metadata.name} from 0 to ${replicasOf(newest)}`,
      );
      await noteRevision(deployment, revision);
      return { newest, sets: [...own, newest] };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const there = await client.get(replicasets, { name: made.metadata.name!, namespace: made.metadata.namespace! });
      // Ours, and the watch has not shown it yet: its event will bring us back.
      if (controllerOf(there)?.uid === deployment.metadata.uid && hasTemplate(there, deployment.spec?.template)) return undefined;
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await client.updateStatus(deployments, {
        ...deployment,
        apiVersion: "apps/v1",
        kind: "Deployment",
        status: { ...deployment.status, collisionCount },
      });
      return undefined;
    }
  }

  async function noteRevision(deployment: Deployment, revision: bigint): Promise<void> {
    if (deployment.metadata.annotations?.[revisionAnnotation] === String(revision)) return;
    const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: String(revision) };
    const patch = { metadata: { annotations: { [revisionAnnotation]: String(revision) } } };
    const updated = await client.patch(deployments, refOf(deployment), "merge", patch);
    // What follows in this look must not fight with the version just written.
    Object.assign(deployment, { metadata: { ...updated.metadata, annotations } });
  }

  function annotationsFor(deployment: Deployment, set: ReplicaSet, revision: bigint): Record<string, string> {
    const out: Record<string, string> = { ...set.metadata.annotations };
    for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!ownAnnotations.has(key)) out[key] = value;
    const before = set.metadata.annotations?.[revisionAnnotation];
    if (before !== undefined && before !== String(revision)) {
      const history = set.metadata.annotations?.[revisionHistoryAnnotation];
      out[revisionHistoryAnnotation] = history ? `${history},${before}` : before;
    }
    out[revisionAnnotation] = String(revision);
    return { ...out, ...sizeAnnotations(deployment) };
  }

  async function scale(deployment: Deployment, own: ReplicaSet[], steps: { set: ReplicaSet; replicas: number }[]): Promise<ReplicaSet[]> {
    const out = [...own];
    for (const { set, replicas } of steps) {
      const before = replicasOf(set);
      const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
      if (before === replicas && sameMap(annotations, set.metadata.annotations)) continue;
      const next = await client.update(replicasets, {
        ...set,
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, replicas },
      });
      out[out.indexOf(set)] = next;
      if (before !== replicas)
        recorder.event(
          deployment,
          "Normal",
          "ScalingReplicaSet",
          `Scaled ${replicas > before ? "up" : "down"} replica set ${set.metadata.name} from ${before} to ${replicas}`,
        );
    }
    return out;
  }

  /** Old sets without pods beyond the history limit go, oldest revision first, once the rollout is done. */
  async function forgetOld(deployment: Deployment, own: ReplicaSet[], newest: ReplicaSet): Promise<void> {
    const limit = deployment.spec?.revisionHistoryLimit;
    if (limit === undefined || !deployment.status || !isComplete(deployment, deployment.status)) return;
    const old = own.filter((set) => set !== newest && !set.metadata.deletionTimestamp);
    const surplus = old.length - limit;
    if (surplus <= 0) return;
    for (const set of old.toSorted((a, b) => Number(revisionOf(a) - revisionOf(b))).slice(0, surplus)) {
      if (
        (set.status?.replicas ?? 0) !== 0 ||
        replicasOf(set) !== 0 ||
        (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0)
      )
        continue;
      try {
        await client.delete(
          replicasets,
          { name: set.metadata.name!, namespace: set.metadata.namespace! },
          { propagationPolicy: "Background" },
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  /** Pausing stops the clock of the progress deadline, resuming starts it anew. */
  async function withPauseCondition(deployment: Deployment): Promise<Deployment> {
    const conditions = deployment.status?.conditions ?? [];
    const known = conditions.find((condition) => condition.type === "Progressing");
    if (deployment.spec?.progressDeadlineSeconds === undefined || known?.reason === "ProgressDeadlineExceeded") return { ...deployment };
    const paused = known?.reason === "DeploymentPaused";
    const now = timestamp(clock);
    let next: ReturnType<typeof setCondition> | undefined;
    if (deployment.spec.paused && !paused)
      next = setCondition(conditions, now, {
        type: "Progressing",
        status: "Unknown",
        reason: "DeploymentPaused",
        message: "Deployment is paused",
      });
    if (!deployment.spec.paused && paused)
      next = setCondition(conditions, now, {
        type: "Progressing",
        status: "Unknown",
        reason: "DeploymentResumed",
        message: "Deployment is resumed",
      });
    if (!next) return { ...deployment };
    return client.updateStatus(deployments, {
      ...deployment,
      apiVersion: "apps/v1",
      kind: "Deployment",
      status: { ...deployment.status, conditions: next },
    });
  }

  async function writeStatus(deployment: Deployment, own: ReplicaSet[], newest: ReplicaSet | undefined): Promise<number | void> {
    const nowMs = clock.now();
    const status = statusOf({ deployment, all: own, newest, now: timestamp(clock), nowMs });
    if (!sameStatus(deployment.status, status)) {
      try {
        await client.updateStatus(deployments, { ...deployment, apiVersion: "apps/v1", kind: "Deployment", status });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    const left = deadlineLeftMs({ ...deployment, status }, nowMs);
    return left !== undefined && left > 0 ? left + 1000 : undefined;
  }

  return { close: () => controller.close() };
}

function newestOf(deployment: Deployment, own: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(own).find((set) => hasTemplate(set, deployment.spec?.template));
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = deployment.spec?.replicas ?? 1;
  return (
    replicasOf(set) === wanted &&
    Number(set.metadata.annotations?.[desiredAnnotation]) === wanted &&
    set.status?.availableReplicas === wanted
  );
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = deployment.spec?.replicas ?? 1;
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(wanted + boundsOf(deployment).maxSurge) };
}

const refOf = (object: { metadata: { name?: string; namespace?: string } }) => ({
  name: object.metadata.name!,
  namespace: object.metadata.namespace!,
});

function sameMap(a: Record<string, string>, b: Record<string, string> | undefined): boolean {
  const keys = Object.keys(a);
  return b !== undefined && keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function sameStatus(a: Deployment["status"], b: Deployment["status"]): boolean {
  const of = (status: Deployment["status"]) =>
    JSON.stringify([
      status?.observedGeneration ?? 0,
      status?.replicas ?? 0,
      status?.updatedReplicas ?? 0,
      status?.readyReplicas ?? 0,
      status?.availableReplicas ?? 0,
      status?.unavailableReplicas ?? 0,
      status?.terminatingReplicas ?? 0,
      status?.collisionCount ?? 0,
      (status?.conditions ?? [])
        .map(({ type, status: value, reason, message, lastUpdateTime }) => [type, value, reason, message, lastUpdateTime])
        .sort(),
    ]);
  return of(a) === of(b);
}
