/**
 * From what kubelets count to what is used: two points of each node and container are kept, as metrics-server keeps them, and
 * the CPU is what was added between them. Pure.
 */

export interface Point {
  /** Milliseconds since 1970: of the measurement. */
  atMs: number;
  /** When the counter began; absent of nodes. */
  startMs?: number;
  cpuSeconds: number;
  memoryBytes: number;
}

/** What one look at all kubelets brought. */
export interface Batch {
  nodes: ReadonlyMap<string, Point>;
  /** By `namespace/name`, then by container. */
  pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

interface Pair {
  last: Point;
  before: Point | undefined;
}

/** Only what the newest look has shown: a node that does not answer has no usage, rather than an old one. */
export interface Points {
  nodes: ReadonlyMap<string, Pair>;
  pods: ReadonlyMap<string, ReadonlyMap<string, Pair>>;
}

export const noPoints: Points = { nodes: new Map(), pods: new Map() };

/** A container this young has no second point yet: its start is one, when the time since then says enough. */
export interface Fresh {
  leastMs: number;
  mostMs: number;
}

export function nextPoints(points: Points, batch: Batch, fresh: Fresh): Points {
  const nodes = mapValues(batch.nodes, (now, name) => nextPair(points.nodes.get(name), now));
  const pods = mapValues(batch.pods, (containers, key) => {
    const known = points.pods.get(key);
    return mapValues(containers, (now, name) => freshPair(now, fresh) ?? nextPair(known?.get(name), now));
  });
  return { nodes, pods };
}

function freshPair(now: Point, { leastMs, mostMs }: Fresh): Pair | undefined {
  const age = now.startMs === undefined ? 0 : now.atMs - now.startMs;
  if (age < leastMs || age >= mostMs) return undefined;
  return { last: now, before: { ...now, atMs: now.startMs!, cpuSeconds: 0 } };
}

function nextPair(known: Pair | undefined, now: Point): Pair {
  // One that has started since counts from nothing again.
  if (!known || (now.startMs !== undefined && now.startMs >= known.last.atMs)) return { last: now, before: undefined };
  return { last: now, before: now.atMs > known.last.atMs ? known.last : known.before };
}

export interface Used {
  atMs: number;
  windowMs: number;
  cpuNanoCores: number;
  memoryBytes: number;
}

/** Undefined with one point only, or when the counter went back. */
export function used({ last, before }: Pair): Used | undefined {
  if (!before || last.cpuSeconds < before.cpuSeconds || last.atMs <= before.atMs) return undefined;
  const windowMs = last.atMs - before.atMs;
  const cpuNanoCores = Math.trunc(((last.cpuSeconds - before.cpuSeconds) * 1e12) / windowMs);
  return { atMs: last.atMs, windowMs, cpuNanoCores, memoryBytes: last.memoryBytes };
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, value: (each: A, key: string) => B): Map<string, B> {
  return new Map(Array.from(map, ([key, each]) => [key, value(each, key)]));
}
