/**
 * Following a workload instead of one of its pods: logs and forwarded ports go on over restarts of containers and over rollouts.
 * Upstream has nothing like it: the flag is hidden, and on by default only under the name `spoke kubectl`.
 */
import type { Session } from "../../connect/session.ts";
import { CliError, isNotFound } from "../../failure.ts";
import { bool, type Flag } from "../../input/flags.ts";
import { type At, listObjects } from "../../objects.ts";
import { bestFirst, podSelector } from "../../pods.ts";
import type { KObject } from "../../print/values.ts";

export const followFlag: Flag = {
  ...bool("follow-workload", "If true, go on with the workload's next pod or container when one ends."),
  hidden: true,
};

export function followsWorkload({ flags, io }: Session, { kind }: KObject): boolean {
  if (kind === "Pod" && !flags.given("follow-workload")) return false;
  return flags.given("follow-workload") ? flags.bool("follow-workload") : io.env.SPOKE_COMMAND !== undefined;
}

export interface Source {
  pod: KObject;
  container: string;
}

interface Following {
  /** What there is to show now; undefined when the workload is gone. */
  current(): Promise<Source[] | undefined>;
  /** Shows one start of a container to its end. `since`: only what is newer, when a stream broke; `first`: of the first round. */
  copy(source: Source, how: { first: boolean; since?: string }): Promise<void>;
  /** One after the other instead of all at once. */
  single: boolean;
  pauseMs?: number;
}

interface Shown {
  starts: number;
  /** When the last stream ended; absent while it runs. */
  ended?: string;
}

/** Until the workload is gone, the signal aborts, or the first round fails. */
export async function followLogs({ io }: Pick<Session, "io">, how: Following): Promise<void> {
  const shown = new Map<string, Shown>();
  const active = new Map<string, Promise<void>>();
  let failure: unknown;
  let first = true;
  const start = (key: string, source: Source, opening: Shown & { since?: string }) => {
    const entry: Shown = { starts: opening.starts };
    shown.set(key, entry);
    const isFirst = first;
    const work = how
      .copy(source, { first: isFirst, since: opening.since })
      .catch((error: unknown) => {
        if (isFirst) failure ??= error;
        else shown.delete(key); // it is tried again
      })
      .finally(() => {
        entry.ended = new Date(io.clock.now()).toISOString();
        active.delete(key);
      });
    active.set(key, work);
  };
  while (!io.signal?.aborted && failure === undefined) {
    const sources = await how.current();
    if (!sources) break;
    const keys = new Set<string>();
    for (const source of sources) {
      const key = `${source.pod.metadata.uid}/${source.container}`;
      keys.add(key);
      const opening = nextOpening(source, shown.get(key));
      if (!opening || active.has(key) || (how.single && active.size > 0)) continue;
      start(key, source, opening);
    }
    for (const key of shown.keys()) if (!keys.has(key) && !active.has(key)) shown.delete(key);
    first = false;
    await io.clock.sleep(how.pauseMs ?? 1000, io.signal).catch(() => undefined);
  }
  if (failure !== undefined) throw failure;
  await Promise.all(active.values());
}

interface Status {
  name: string;
  restartCount?: number;
  state?: { running?: object; terminated?: object };
  lastState?: { terminated?: object };
}

/** What of a container is to be shown that was not: a start, or the rest of one whose stream broke. */
export function nextOpening({ pod, container }: Source, before: Shown | undefined): (Shown & { since?: string }) | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses] as Status[];
  const status = all.find(({ name }) => name === container);
  const { running, terminated } = status?.state ?? {};
  const starts = status?.restartCount ?? 0;
  if (!before) return running || terminated || status?.lastState?.terminated ? { starts } : undefined;
  if (starts > before.starts) return running || terminated ? { starts } : undefined;
  return running && before.ended !== undefined ? { starts, since: before.ended } : undefined;
}

/** The pod that serves a workload now: running, not going, the best of those; waits for one. */
export async function servingPod(session: Session, workload: { at: At; object: KObject }, timeoutMs: number): Promise<KObject> {
  const { clock, signal } = session.io;
  const labelSelector = podSelector(workload.object);
  const resource = await session.resource("pods");
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const { items } = await listObjects(session, { resource, namespace: workload.at.namespace, labelSelector });
    const [best] = items.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase === "Running").sort(bestFirst);
    if (best) return best;
    if (signal?.aborted || clock.monotonic() >= deadline) throw new CliError("timed out waiting for the condition");
    await clock.sleep(250, signal);
  }
}

/** Undefined instead of an object that is gone. */
export const unlessGone = (error: unknown): undefined => {
  if (!isNotFound(error)) throw error;
};
