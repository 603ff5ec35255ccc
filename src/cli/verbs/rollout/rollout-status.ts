/** `rollout status`: follows a rollout until it is done or has failed. */

import type { Command } from "../../command.ts";
import { pathOf } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { watchEvents } from "../../connect/watch.ts";
import { CliError } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, duration, int } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, listObjects } from "../../objects.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "rollout status (TYPE NAME | TYPE/NAME) [flags]",
  long: "Show the status of the rollout.\n\n By default it follows the rollout until it is done; --watch=false shows the present state only. A newer rollout is followed in its turn; --revision pins one.",
  flags: [
    ...filenameFlags("identifying the resource to get from a server."),
    int("revision", "Pin to a specific revision for showing its status. Defaults to 0 (last revision)."),
    selectorFlag,
    duration("timeout", "The length of time to wait before ending watch, zero means never."),
    bool("watch|w", "Watch the status of the rollout until it's done.", true),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  await session.target();
  await session.clientTarget();
  if (session.args.length === 0 && !hasFiles(session)) throw new CliError("required resource not specified");
  if (flags.int("revision") < 0) throw new CliError(`revision must be a positive integer: ${flags.int("revision")}`);
  const found = await fetchTargets(session, await buildTargets(session, { allowTypeAlone: true, labelSelector: flags.text("selector") }));
  if (found.length === 0) {
    session.err(`No resources found in ${await session.namespace()} namespace.\n`);
    return;
  }
  for (const each of found) await follow(session, each);
}

async function follow(session: Session, at: At & { object: KObject }): Promise<void> {
  const { flags, io } = session;
  const revision = flags.int("revision");
  const state = viewer(at.object);
  const first = state(at.object, revision);
  session.out(first.message);
  if (first.done || !flags.bool("watch")) return;
  const timeout = flags.duration("timeout");
  const stop = new AbortController();
  const forward = () => stop.abort();
  io.signal?.addEventListener("abort", forward, { once: true });
  const timer = timeout > 0 ? io.clock.after(timeout, forward) : undefined;
  let last = first.message;
  let version = at.object.metadata.resourceVersion;
  try {
    while (!stop.signal.aborted) {
      const query = { fieldSelector: `metadata.name=${at.name}`, resourceVersion: version };
      for await (const event of watchEvents<KObject>(session, {
        path: pathOf(at.resource, { namespace: at.namespace }),
        query,
        signal: stop.signal,
      })) {
        if (event.type === "DELETED") throw new CliError("object has been deleted");
        if (event.type !== "ADDED" && event.type !== "MODIFIED") break;
        version = event.object.metadata.resourceVersion;
        const status = state({ ...event.object, kind: at.object.kind }, revision);
        if (status.message !== last || status.done) session.out(status.message);
        last = status.message;
        if (status.done) return;
      }
      if (stop.signal.aborted) break;
      const { items } = await listObjects(session, {
        resource: at.resource,
        namespace: at.namespace,
        fieldSelector: `metadata.name=${at.name}`,
      });
      if (items.length === 0) throw new CliError("object has been deleted");
      version = items[0].metadata.resourceVersion;
      const status = state(items[0], revision);
      if (status.done) return session.out(status.message);
    }
  } finally {
    timer?.cancel();
    io.signal?.removeEventListener("abort", forward);
  }
  if (!io.signal?.aborted) throw new CliError("timed out waiting for the condition");
}

export interface RolloutState {
  message: string;
  done: boolean;
}

function viewer(object: KObject): (object: KObject, revision: number) => RolloutState {
  if (object.kind === "Deployment") return deploymentState;
  if (object.kind === "DaemonSet") return daemonSetState;
  if (object.kind === "StatefulSet") return statefulSetState;
  throw new CliError(
    `no status viewer has been implemented for ${object.kind}${object.apiVersion.includes("/") ? `.${object.apiVersion.split("/")[0]}` : ""}`,
  );
}

/** What a deployment's rollout is waiting for; throws when it has failed. */
export function deploymentState(object: KObject, revision = 0): RolloutState {
  const { spec, status = {}, metadata } = object;
  const { name } = metadata;
  if (revision > 0) {
    const own = Number(metadata.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
    if (own !== revision) throw new CliError(`desired revision (${revision}) is different from the running revision (${own})`);
  }
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return { message: "Waiting for deployment spec update to be observed...\n", done: false };
  const progressing = status.conditions?.find((condition: { type: string }) => condition.type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded")
    throw new CliError(`deployment ${JSON.stringify(name)} exceeded its progress deadline`);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const head = `Waiting for deployment ${JSON.stringify(name)} rollout to finish: `;
  if (spec.replicas !== undefined && updatedReplicas < spec.replicas)
    return { message: `${head}${updatedReplicas} out of ${spec.replicas} new replicas have been updated...\n`, done: false };
  if (replicas > updatedReplicas)
    return { message: `${head}${replicas - updatedReplicas} old replicas are pending termination...\n`, done: false };
  if (availableReplicas < updatedReplicas)
    return { message: `${head}${availableReplicas} of ${updatedReplicas} updated replicas are available...\n`, done: false };
  return { message: `deployment ${JSON.stringify(name)} successfully rolled out\n`, done: true };
}

export function daemonSetState(object: KObject): RolloutState {
  const { spec, status = {}, metadata } = object;
  if (spec.updateStrategy?.type !== "RollingUpdate") throw new CliError(`rollout status is only available for RollingUpdate strategy type`);
  const head = `Waiting for daemon set ${JSON.stringify(metadata.name)} rollout to finish: `;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return { message: "Waiting for daemon set spec update to be observed...\n", done: false };
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = status;
  if (updatedNumberScheduled < desiredNumberScheduled)
    return { message: `${head}${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...\n`, done: false };
  if (numberAvailable < desiredNumberScheduled)
    return { message: `${head}${numberAvailable} of ${desiredNumberScheduled} updated pods are available...\n`, done: false };
  return { message: `daemon set ${JSON.stringify(metadata.name)} successfully rolled out\n`, done: true };
}

export function statefulSetState(object: KObject): RolloutState {
  const { spec, status = {}, metadata } = object;
  if (spec.updateStrategy?.type !== "RollingUpdate")
    return { message: `rollout status is only available for RollingUpdate strategy type`, done: true };
  if (!status.observedGeneration || (metadata.generation ?? 0) > status.observedGeneration)
    return { message: "Waiting for statefulset spec update to be observed...\n", done: false };
  const { readyReplicas = 0, updatedReplicas = 0, currentReplicas = 0 } = status;
  if (spec.replicas !== undefined && readyReplicas < spec.replicas)
    return { message: `Waiting for ${spec.replicas - readyReplicas} pods to be ready...\n`, done: false };
  if (spec.updateStrategy.rollingUpdate) {
    const { partition = 0 } = spec.updateStrategy.rollingUpdate;
    if (updatedReplicas < spec.replicas - partition)
      return {
        message: `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${spec.replicas - partition} new pods have been updated...\n`,
        done: false,
      };
    return { message: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...\n`, done: true };
  }
  if (status.updateRevision !== status.currentRevision)
    return {
      message: `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${status.updateRevision}...\n`,
      done: false,
    };
  return { message: `statefulset rolling update complete ${currentReplicas} pods at revision ${status.currentRevision}...\n`, done: true };
}
