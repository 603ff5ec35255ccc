/**
 * Looks at the API servers that others bring: is the Service there, does it lead somewhere, does the server answer. The answer goes
 * into the APIService's condition `Available`; what the server said of its kinds and documents is kept for discovery and OpenAPI.
 */
import { Pool } from "undici";
import {
  type APIService,
  type APIServiceCondition,
  apiservices,
  type EndpointSlice,
  endpointslices,
  type Service,
  services,
} from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Random } from "#base/mod.ts";
import { conditionOf, isNotFound, WorkQueue, withCondition } from "#client/mod.ts";
import { type Storage, statusByServer } from "../../contract.ts";
import { serviceAddress } from "../service-address.ts";
import { aggregatedOf, type ResourceList } from "./remote-discovery.ts";
import { aggregator, type FrontProxyIdentity, pathOf, type RemoteGroup, tlsOf, userHeaders } from "./remote-group.ts";
import type { Remotes } from "./remotes.ts";

interface Parts {
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  remotes: Remotes;
  identity: FrontProxyIdentity | undefined;
}

/** What one server said last. */
export interface Said {
  /** In the form of aggregated discovery. */
  resources: object[];
  /** By name of a document, such as `apis/metrics.k8s.io/v1beta1`: the link with its hash. */
  openapi: Readonly<Record<string, { serverRelativeURL: string }>>;
  openapiV2: Record<string, unknown> | undefined;
}

export interface Availability {
  said(name: string): Said | undefined;
  /** Changes when a server says something else. */
  readonly revision: number;
  stop(): Promise<void>;
}

type Judgement = Pick<APIServiceCondition, "status" | "reason" | "message">;

/** Upstream's times. */
const lookAgainMs = 30_000;
const answerMs = 5000;
/** So long other endpoints are tried after one that fails. */
const tryingMs = 6000;
const attempts = 5;
const mostAnswerBytes = 32 * 1024 * 1024;

export function watchAvailability(parts: Parts): Availability {
  const { storage, clock, log, remotes } = parts;
  const queue = new WorkQueue({ clock, baseMs: 5, maxMs: lookAgainMs });
  const said = new Map<string, Said>();
  const state = { revision: 0 };
  const wake = ({ metadata }: { metadata: { namespace?: string } }, name: string | undefined) => {
    for (const each of remotes.all()) if (each.service.namespace === metadata.namespace && each.service.name === name) queue.add(each.name);
  };
  remotes.onChange((name) => queue.add(name));
  for (const each of remotes.all()) queue.add(each.name);
  const stops = [
    storage.subscribe(services, (_, service) => wake(service, service.metadata.name)),
    storage.subscribe(endpointslices, (_, slice) => wake(slice, slice.metadata.labels?.["kubernetes.io/service-name"])),
  ];
  const timer = every(clock, lookAgainMs, () => {
    for (const each of remotes.all()) queue.add(each.name);
  });
  const look = async (name: string) => {
    const remote = remotes.named(name);
    if (!remote) return void (said.delete(name) && state.revision++);
    const judgement = atHome(storage, remote) ?? (await askedOf(parts, remote, said, state));
    await write(storage, clock, remote, judgement);
    if (judgement.reason === "FailedDiscoveryCheck") queue.addFailed(name);
    else queue.forget(name);
  };
  const work = async () => {
    for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
      try {
        await look(name);
      } catch (error) {
        log.warn("an APIService could not be looked at", { name, error: messageOf(error) });
        queue.addFailed(name);
      }
      queue.done(name);
    }
  };
  const working = Promise.all([work(), work(), work(), work(), work()]);
  return {
    said: (name) => said.get(name),
    get revision() {
      return state.revision;
    },
    async stop() {
      timer.cancel();
      for (const stop of stops) stop();
      queue.close();
      await working;
    },
  };
}

const no = (reason: string, message: string): Judgement => ({ status: "False", reason, message });

/** What is wrong as far as this server can see without asking. */
export function atHome(storage: Storage, { service: { namespace, name, port } }: RemoteGroup): Judgement | undefined {
  const at = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = storage.get(services, { namespace, name }) as Service | undefined;
  if (!service) return no("ServiceNotFound", `${at} is not present`);
  if (service.spec?.type !== "ClusterIP") return undefined;
  const wanted = service.spec.ports?.find((each) => each.port === port);
  if (!wanted) return no("ServicePortError", `${at} is not listening on port ${port}`);
  const slices = (storage.list(endpointslices, namespace) as EndpointSlice[]).filter(
    (slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === name,
  );
  if (slices.length === 0) return no("EndpointsNotFound", `cannot find endpointslices for ${at}`);
  const portName = wanted.name ?? "";
  const answers = ({ endpoints = [], ports = [] }: EndpointSlice) =>
    endpoints.some(({ conditions }) => conditions?.ready !== false) && ports.some((each) => (each.name ?? "") === portName && each.port);
  if (slices.some(answers)) return undefined;
  return no("MissingEndpoints", `endpointslices for ${at} have no addresses with port name ${JSON.stringify(portName)}`);
}

async function askedOf(parts: Parts, remote: RemoteGroup, said: Map<string, Said>, state: { revision: number }): Promise<Judgement> {
  const { clock } = parts;
  const until = clock.monotonic() + tryingMs;
  for (let attempt = 1; ; attempt++)
    try {
      const next = await whatItSays(parts, remote);
      if (JSON.stringify(next) !== JSON.stringify(said.get(remote.name))) state.revision++;
      said.set(remote.name, next);
      return { status: "True", reason: "Passed", message: "all checks passed" };
    } catch (error) {
      if (attempt >= attempts || clock.monotonic() >= until) return no("FailedDiscoveryCheck", messageOf(error));
    }
}

async function whatItSays({ storage, clock, random, identity }: Parts, remote: RemoteGroup): Promise<Said> {
  const { host, port } = serviceAddress(storage, remote.service, (below) => random.int(below));
  const origin = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const pool = new Pool(origin, { connections: 1, connect: { ...tlsOf(remote, identity) }, headersTimeout: 0, bodyTimeout: 0 });
  const ending = new AbortController();
  const timer = clock.after(answerMs, () => ending.abort());
  const get = async (path: string): Promise<unknown> => {
    const url = origin + path;
    try {
      const headers = { accept: "application/json", ...userHeaders(aggregator) };
      const { statusCode, body } = await pool.request({ method: "GET", path, headers, signal: ending.signal });
      const text = await textWithin(body);
      if (statusCode < 200 || statusCode >= 300) throw new Error(`bad status from ${url}: ${statusCode}`);
      return JSON.parse(text);
    } catch (error) {
      const why = ending.signal.aborted ? "context deadline exceeded" : messageOf(error);
      throw new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${why}`, { cause: error });
    }
  };
  try {
    const list = (await get(pathOf(remote))) as ResourceList;
    const index = (await get("/openapi/v3").catch(() => ({}))) as { paths?: Said["openapi"] };
    const openapiV2 = (await get("/openapi/v2").catch(() => undefined)) as Said["openapiV2"];
    return { resources: aggregatedOf(list, remote.group, remote.version), openapi: index.paths ?? {}, openapiV2 };
  } finally {
    timer.cancel();
    await pool.destroy();
  }
}

async function textWithin(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostAnswerBytes) throw new Error(`the answer is longer than ${mostAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

async function write(storage: Storage, clock: Clock, { name, uid }: RemoteGroup, judgement: Judgement): Promise<void> {
  try {
    await storage.update(
      apiservices,
      { name },
      (object) => {
        const service = object as APIService;
        const before = conditionOf(service.status?.conditions, "Available");
        if (service.metadata.uid !== uid || (before && sameWords(before, judgement))) return undefined;
        const conditions = withCondition<APIServiceCondition>(service.status?.conditions, { type: "Available", ...judgement }, clock.now());
        return { ...service, status: { ...service.status, conditions } } as APIService;
      },
      statusByServer,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

const sameWords = (a: Judgement, b: Judgement) => a.status === b.status && a.reason === b.reason && a.message === b.message;
