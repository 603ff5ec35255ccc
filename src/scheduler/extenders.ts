/**
 * Programs beside the scheduler that have a say in where pods go: which nodes will do, which are better, whom to push out, and
 * the binding itself. They are asked by HTTP, one after the other, in upstream's form.
 */
import { readFileSync } from "node:fs";
import { Agent } from "undici";
import type { Node, Pod } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { parseGoDuration } from "#codec/mod.ts";
import type { ExtenderConfiguration } from "./config/declaration.ts";
import { maxScore } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Candidate } from "./preemption.ts";
import type { Unschedulable } from "./schedule.ts";

const usualTimeoutMs = 5000;
const mostBytes = 64 * 1024 * 1024;
/** What an extender's highest score is. */
const highestScore = 10;

type Post = (verb: string, body: object) => Promise<Record<string, unknown> | unknown[] | null>;

interface Extender {
  config: ExtenderConfiguration;
  managed: ReadonlySet<string>;
  post: Post;
}

export interface Extenders {
  /** Those that have a say about a pod; undefined: none. */
  about(pod: Pod): PodExtenders | undefined;
  close(): void;
}

export interface PodExtenders {
  /** The nodes that will do, of those that fit; notes in `failure` why the others will not. */
  filter(nodes: readonly Node[], rowOf: (name: string) => number | undefined, failure: Unschedulable): Promise<readonly string[]>;
  /** What is to be added to the score of each node. */
  scores(nodes: readonly Node[]): Promise<ReadonlyMap<string, number>>;
  /** The candidates that remain, with the victims that remain. */
  preempt(candidates: readonly Candidate[]): Promise<readonly Candidate[]>;
  /** Undefined: none of them binds. */
  bind?: (node: string) => Promise<void>;
}

export function startExtenders(configs: readonly ExtenderConfiguration[], { clock, log }: { clock: Clock; log: Log }): Extenders {
  const agents: Agent[] = [];
  const extenders = configs.map((config): Extender => {
    const agent = new Agent({ connections: 8, headersTimeout: 0, bodyTimeout: 0, connect: tlsOf(config) });
    agents.push(agent);
    return { config, managed: new Set(config.managedResources?.map(({ name = "" }) => name)), post: poster(config, agent, clock) };
  });
  return {
    about(pod) {
      const own = extenders.filter((extender) => isInterested(extender, pod));
      return own.length > 0 ? speakFor(pod, own, log) : undefined;
    },
    close() {
      for (const agent of agents) void agent.destroy();
    },
  };
}

function speakFor(pod: Pod, extenders: readonly Extender[], log: Log): PodExtenders {
  const binder = extenders.find(({ config }) => config.bindVerb);
  /** Undefined: it did not answer, and that does not matter. */
  const ask = async (extender: Extender, verb: string, body: object) => {
    try {
      return await extender.post(verb, body);
    } catch (error) {
      if (!extender.config.ignorable) throw error;
      log.info("scheduler: an extender is passed over", { extender: extender.config.urlPrefix, error: messageOf(error) });
      return undefined;
    }
  };
  return {
    async filter(nodes, rowOf, failure) {
      let left = nodes;
      for (const extender of extenders) {
        const { filterVerb, urlPrefix, nodeCacheCapable } = extender.config;
        if (!filterVerb || left.length === 0) continue;
        const answer = await ask(extender, filterVerb, askedAbout(pod, left, nodeCacheCapable)).then((value) => refusedBy(extender, value));
        if (answer === undefined) continue;
        const known = new Map(left.map((node) => [node.metadata.name!, node]));
        const names = namesIn(answer);
        const stranger = names.find((name) => !known.has(name));
        if (stranger !== undefined)
          throw new Error(
            `extender ${JSON.stringify(urlPrefix)} claims a filtered node ${JSON.stringify(stranger)} which is not found in the input node list`,
          );
        left = names.map((name) => known.get(name)!);
        note(answer, rowOf, failure);
      }
      return left.map((node) => node.metadata.name!);
    },
    scores: (nodes) => scoresBy(pod, extenders, nodes, log),
    async preempt(candidates) {
      let left = candidates;
      for (const extender of extenders) {
        const { preemptVerb } = extender.config;
        if (!preemptVerb || left.length === 0) continue;
        const answer = await ask(extender, preemptVerb, askedToPreempt(pod, left, extender.config.nodeCacheCapable));
        if (answer !== undefined) left = candidatesIn(answer, left, extender.config.urlPrefix ?? "");
      }
      return left;
    },
    ...(binder
      ? {
          async bind(node) {
            const { name, namespace, uid } = pod.metadata;
            const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node };
            refusedBy(binder, await binder.post(binder.config.bindVerb!, body));
          },
        }
      : {}),
  };
}

/** One that does not answer is passed over, as upstream does it, whether it may be or not. */
async function scoresBy(pod: Pod, extenders: readonly Extender[], nodes: readonly Node[], log: Log): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  for (const { config, post } of extenders) {
    const { prioritizeVerb, weight = 0, nodeCacheCapable, urlPrefix } = config;
    if (!prioritizeVerb) continue;
    const answer = await post(prioritizeVerb, askedAbout(pod, nodes, nodeCacheCapable)).catch((error) => {
      log.info("scheduler: an extender gave no scores", { extender: urlPrefix, error: messageOf(error) });
      return [];
    });
    for (const each of Array.isArray(answer) ? (answer as Record<string, unknown>[]) : []) {
      const { host, score } = lowerKeys(each);
      if (typeof host !== "string" || typeof score !== "number") continue;
      sums.set(host, (sums.get(host) ?? 0) + score * weight * (maxScore / highestScore));
    }
  }
  return sums;
}

function isInterested({ managed }: Extender, { spec }: Pod): boolean {
  if (managed.size === 0) return true;
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ resources }) =>
    [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some((name) => managed.has(name)),
  );
}

function askedAbout(pod: Pod, nodes: readonly Node[], namesOnly: boolean | undefined): object {
  const names = nodes.map((node) => node.metadata.name);
  return namesOnly
    ? { Pod: pod, Nodes: null, NodeNames: names }
    : { Pod: pod, Nodes: { kind: "NodeList", apiVersion: "v1", metadata: {}, items: nodes }, NodeNames: null };
}

/** Go reads members whatever their case, and writes these in capitals. */
const lowerKeys = (value: object) =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown])) as Record<string, unknown>;

/** What it answered, unless that is an error of its own. */
function refusedBy({ config }: Extender, answer: Awaited<ReturnType<Post>> | undefined): Record<string, unknown> | undefined {
  if (answer === undefined) return undefined;
  const said = lowerKeys(answer ?? {});
  if (typeof said.error !== "string" || said.error === "") return said;
  if (config.ignorable) return undefined;
  throw new Error(said.error);
}

function namesIn({ nodenames, nodes }: Record<string, unknown>): string[] {
  if (Array.isArray(nodenames)) return nodenames.map(String);
  const { items } = (nodes ?? {}) as { items?: Node[] | null };
  return (items ?? []).map((node) => String(node.metadata?.name ?? ""));
}

function note(
  { failednodes, failedandunresolvablenodes }: Record<string, unknown>,
  rowOf: (name: string) => number | undefined,
  failure: Unschedulable,
) {
  for (const [found, final] of [
    [failednodes, false],
    [failedandunresolvablenodes, true],
  ] as const)
    for (const [name, reason] of Object.entries((found ?? {}) as Record<string, string>)) {
      const row = rowOf(name);
      if (row !== undefined) failure.refusals.set(row, { reasons: [String(reason)], final });
    }
}

function askedToPreempt(pod: Pod, candidates: readonly Candidate[], namesOnly: boolean | undefined): object {
  const victims = (of: (pod: PodInfo) => object) =>
    Object.fromEntries(candidates.map((each) => [each.node, { Pods: each.victims.map(of), NumPDBViolations: each.violations }]));
  return namesOnly
    ? { Pod: pod, NodeNameToVictims: null, NodeNameToMetaVictims: victims(({ uid }) => ({ UID: uid })) }
    : { Pod: pod, NodeNameToVictims: victims((each) => each.pod), NodeNameToMetaVictims: null };
}

function candidatesIn(answer: object | null, known: readonly Candidate[], url: string): Candidate[] {
  const all = (lowerKeys(answer ?? {}).nodenametometavictims ?? {}) as Record<string, object | null>;
  return Object.entries(all).flatMap(([node, told]) => {
    const candidate = known.find((each) => each.node === node);
    if (!candidate || !told) return [];
    const { pods, numpdbviolations } = lowerKeys(told);
    const victims = ((pods ?? []) as object[]).map((each) => {
      const uid = String(lowerKeys(each).uid ?? "");
      const victim = candidate.onNode.find((pod) => pod.uid === uid);
      if (!victim)
        throw new Error(`extender: ${url} claims to preempt pod (UID: ${uid}) on node: ${node}, but the pod is not found on that node`);
      return victim;
    });
    return [{ ...candidate, victims, violations: Number(numpdbviolations ?? 0) }];
  });
}

function poster({ urlPrefix = "", httpTimeout }: ExtenderConfiguration, agent: Agent, clock: Clock): Post {
  const timeoutMs = (httpTimeout === undefined ? undefined : parseGoDuration(httpTimeout)) || usualTimeoutMs;
  return async (verb, body) => {
    const url = `${urlPrefix.replace(/\/+$/, "")}/${verb}`;
    const { origin, pathname, search } = new URL(url);
    const ending = new AbortController();
    const timer = clock.after(timeoutMs, () => ending.abort(), { background: true });
    try {
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: ending.signal,
      });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new Error(`failed ${verb} with extender at URL ${url}, code ${answer.statusCode}`);
      }
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of answer.body) {
        size += (part as Buffer).length;
        if (size > mostBytes) throw new Error(`the answer of ${url} is longer than ${mostBytes} bytes`);
        parts.push(part as Buffer);
      }
      return JSON.parse(Buffer.concat(parts).toString()) as Awaited<ReturnType<Post>>;
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      throw new Error(`Post ${JSON.stringify(url)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, {
        cause: error,
      });
    } finally {
      timer.cancel();
    }
  };
}

/** Without an authority a server's certificate is not looked at, as upstream has it. */
function tlsOf({ tlsConfig = {} }: ExtenderConfiguration) {
  const { insecure, serverName, certFile, keyFile, caFile, certData, keyData, caData } = tlsConfig;
  const pem = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, "base64") : file ? readFileSync(file) : undefined;
  const ca = pem(caData, caFile);
  return {
    ...(ca ? { ca, allowPartialTrustChain: true } : {}),
    cert: pem(certData, certFile),
    key: pem(keyData, keyFile),
    rejectUnauthorized: !insecure && ca !== undefined,
    ...(serverName ? { servername: serverName } : {}),
  };
}
