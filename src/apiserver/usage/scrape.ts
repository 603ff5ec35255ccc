/** Asks every kubelet again and again what its pods use, and keeps what the metrics API tells of it. */
import { type Node, nodes } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { type Fresh, nextPoints, noPoints, type Point, type Points } from "./points.ts";
import { type NodeSamples, samplesOf } from "./samples.ts";

export interface ScrapeOptions {
  storage: Storage;
  /** What the kubelet of a node answers at `/metrics/resource`. */
  read(node: string, signal: AbortSignal): Promise<string>;
  clock: Clock;
  log: Log;
}

export interface Scraper {
  points(): Points;
  stop(): void;
}

/** A container is in the metrics at the latest 15 seconds after its start: at its next look that is 5 seconds after. */
const resolutionMs = 10_000;
const fresh: Fresh = { leastMs: 5000, mostMs: 15_000 };
const atOnce = 16;

export function startScraper({ storage, read, clock, log }: ScrapeOptions): Scraper {
  let points = noPoints;
  const failing = new Set<string>();
  const aborter = new AbortController();
  const look = async () => {
    const waiting = (storage.list(nodes) as Node[]).filter(hasKubelet).map(({ metadata }) => metadata.name ?? "");
    for (const name of failing) if (!waiting.includes(name)) failing.delete(name);
    const found: [string, NodeSamples][] = [];
    const turn = async () => {
      for (let name = waiting.shift(); name !== undefined && !aborter.signal.aborted; name = waiting.shift()) {
        try {
          found.push([name, samplesOf(await read(name, aborter.signal), clock.now())]);
          failing.delete(name);
        } catch (error) {
          // Once for as long as it lasts.
          if (!failing.has(name)) log.warn("usage: a kubelet does not tell what its pods use", { node: name, error: messageOf(error) });
          failing.add(name);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, turn));
    points = nextPoints(points, batchOf(found), fresh);
  };
  const timer = every(clock, resolutionMs, look);
  return {
    points: () => points,
    stop() {
      timer.cancel();
      aborter.abort();
    },
  };
}

/** Simulated nodes have none. */
const hasKubelet = ({ status }: Node): boolean => Boolean(status?.daemonEndpoints?.kubeletEndpoint?.Port);

function batchOf(found: readonly [string, NodeSamples][]) {
  return {
    nodes: new Map(found.flatMap(([name, { node }]): [string, Point][] => (node ? [[name, node]] : []))),
    pods: new Map(found.flatMap(([, { pods }]) => [...pods])),
  };
}
