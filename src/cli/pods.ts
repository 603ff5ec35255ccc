/** Finds the pod and the container that logs, exec, attach and port-forward mean. */

import type { Session } from "./connect/session.ts";
import { CliError } from "./failure.ts";
import { missingResources, namedTargets } from "./input/builder.ts";
import { type At, getObject, listObjects } from "./objects.ts";
import { humanDuration, type KObject, selectorText } from "./print/values.ts";

const defaultContainer = "kubectl.kubernetes.io/default-container";

/** The selector of what owns pods; undefined for kinds that own none. */
export function podSelector(object: KObject): string | undefined {
  const { spec = {} } = object;
  if (object.kind === "Service" || object.kind === "ReplicationController")
    return spec.selector && Object.keys(spec.selector).length > 0 ? selectorText({ matchLabels: spec.selector }) : undefined;
  if (spec.selector?.matchLabels || spec.selector?.matchExpressions) return selectorText(spec.selector);
  return undefined;
}

/** The pod itself, or the best pod of a workload or service. */
export async function podOf(session: Session, target: At, timeoutMs = 0): Promise<KObject> {
  const object = await getObject(session, target);
  if (object.kind === "Pod") return object;
  const labelSelector = podSelector(object);
  if (!labelSelector) {
    if (object.kind === "Service") throw new CliError(`invalid service '${object.metadata.name}': Service is defined without a selector`);
    // As upstream says it of kinds that lead to no pods.
    const type = `*${object.apiVersion.replace(/^.*\//, "")}.${object.kind}`;
    throw new CliError(`cannot attach to ${type}: selector for ${type} not implemented`);
  }
  const resource = await session.resource("pods");
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const { items } = await listObjects(session, { resource, namespace: target.namespace, labelSelector });
    if (items.length > 0) return items.sort(bestFirst)[0];
    if (clock.monotonic() >= deadline || signal?.aborted) throw new CliError("timed out waiting for the condition");
    await clock.sleep(250, signal);
  }
}

/** Running and ready pods before others, long-ready before new. */
export function bestFirst(a: KObject, b: KObject): number {
  const score = (pod: KObject) => {
    const assigned = pod.spec?.nodeName ? 4 : 0;
    const phase = { Pending: 0, Unknown: 1, Running: 2 }[String(pod.status?.phase)] ?? 0;
    const ready = pod.status?.conditions?.some(
      (condition: { type: string; status: string }) => condition.type === "Ready" && condition.status === "True",
    )
      ? 3
      : 0;
    return assigned + phase * 10 + ready;
  };
  return score(b) - score(a) || (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
}

interface Container {
  name: string;
}

export function allContainers(pod: KObject): Container[] {
  const { spec } = pod;
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** The named container, or the default one; says so when there was a choice. */
export function chooseContainer(session: Session, pod: KObject, name: string, options: { quiet?: boolean } = {}): string {
  const names = allContainers(pod).map((container) => container.name);
  if (name) {
    if (names.includes(name)) return name;
    throw new CliError(`container ${name} is not valid for pod ${pod.metadata.name} out of: ${containerList(pod)}`);
  }
  const annotated = pod.metadata.annotations?.[defaultContainer];
  if (annotated) {
    if (names.includes(annotated)) return annotated;
    session.err(`Default container name "${annotated}" not found in pod ${pod.metadata.name}\n`);
  }
  const [first] = pod.spec.containers as Container[];
  if (names.length > 1 && !options.quiet) session.err(`Defaulted container ${JSON.stringify(first.name)} out of: ${containerList(pod)}\n`);
  return first.name;
}

/** `app, sidecar (init)`: how messages list a pod's containers. */
export function containerList(pod: KObject): string {
  const { spec } = pod;
  return [
    ...(spec.containers ?? []).map((container: Container) => container.name),
    ...(spec.initContainers ?? []).map((container: Container) => `${container.name} (init)`),
    ...(spec.ephemeralContainers ?? []).map((container: Container) => `${container.name} (ephem)`),
  ].join(", ");
}

/** Polls until `done`; fails when the time is over or the pod has ended otherwise. */
export async function waitForPod(session: Session, at: At, timeoutMs: number, done: (pod: KObject) => boolean): Promise<KObject> {
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const pod = await getObject(session, at);
    if (done(pod)) return pod;
    if (signal?.aborted) throw new CliError("interrupted");
    if (clock.monotonic() >= deadline) throw new CliError(`timed out waiting for the condition after ${humanDuration(timeoutMs)}`);
    await clock.sleep(200, signal);
  }
}

/** A bare name is a pod; of two words the first is a type. */
export async function podTarget(session: Session, names: string[]): Promise<At> {
  const namespace = await session.namespace();
  const [type, words] = names.length === 2 ? [names[0]!, names.slice(1)] : ["pods", names];
  const [target] = await namedTargets(session, { type, names: words, namespace });
  if (!target) throw missingResources();
  return { resource: target.resource, namespace: target.namespace || namespace, name: target.name };
}
