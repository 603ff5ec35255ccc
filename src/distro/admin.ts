/** The person at the machine, as a client of the cluster: full rights, from the files in its state folder; at a machine that joined, as its node. */
import { request } from "node:https";
import type { Clock } from "#base/mod.ts";
import { nodeIdentity, readCa, readPem } from "./certificates.ts";
import type { ClusterConfig } from "./cluster.ts";
import { serverNow } from "./machines/api-servers.ts";
import { hasControlPlane } from "./machines/seat.ts";
import type { Place } from "./place.ts";

const answerMs = 20_000;

export interface Answer {
  status: number;
  body: string;
}

/** One request; rejects when nobody answers. Small on purpose: `up` waits on it and must not load a whole client. */
export function ask(
  place: Place,
  cluster: ClusterConfig,
  path: string,
  options: { method?: string; body?: unknown; contentType?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { cert, key } = readPem(place, hasControlPlane(cluster) ? "admin" : nodeIdentity(cluster.nodes[0]!.name).file);
    const { hostname, port } = new URL(serverNow(place, cluster));
    const call = request(
      {
        host: hostname,
        port,
        path,
        method: options.method ?? "GET",
        ca: readCa(place),
        cert,
        key,
        headers: { accept: "application/json", ...(options.body ? { "content-type": options.contentType ?? "application/json" } : {}) },
        timeout: answerMs,
        agent: false,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
        response.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error(`no answer to ${path} within ${answerMs / 1000} s`)));
    call.on("error", reject);
    call.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

/** Waits for 200 from a path; resolves false when `ms` have passed or when it is not `worthwhile` any more. */
export async function waitFor(
  place: Place,
  cluster: ClusterConfig,
  path: string,
  clock: Clock,
  ms: number,
  worthwhile: () => boolean,
): Promise<boolean> {
  const end = clock.monotonic() + ms;
  for (;;) {
    const answer = await ask(place, cluster, path).catch(() => undefined);
    if (answer?.status === 200) return true;
    if (clock.monotonic() > end || !worthwhile()) return false;
    await clock.sleep(20);
  }
}

export interface NodeState {
  name: string;
  ready: boolean;
  /** Why not, in the kubelet's words. */
  message: string;
  /** When it was last heard from; absent: it has no lease. */
  heartbeatMs?: number;
}

interface NodeObject {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; message?: string }[]; nodeInfo?: { kubeletVersion?: string } };
}
interface LeaseObject {
  metadata: { name: string };
  spec?: { renewTime?: string };
}

const leasesPath = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

export async function nodeStates(place: Place, cluster: ClusterConfig): Promise<NodeState[]> {
  const read = <T>(path: string, missing?: T) => readObject<T>(place, cluster, path, missing);
  if (!hasControlPlane(cluster)) {
    // A node may look at itself only.
    const { name } = cluster.nodes[0]!;
    const node = await read<NodeObject | undefined>(`/api/v1/nodes/${name}`, undefined);
    const lease = await read<LeaseObject | undefined>(`${leasesPath}/${name}`, undefined);
    return node ? [stateOf(node, lease)] : [];
  }
  const [list, leases] = await Promise.all([read<{ items: NodeObject[] }>("/api/v1/nodes"), read<{ items: LeaseObject[] }>(leasesPath)]);
  const heard = new Map(leases.items.map((lease) => [lease.metadata.name, lease]));
  return list.items.map((node) => stateOf(node, heard.get(node.metadata.name)));
}

/** Of the API server that answers now; of all kubelets, where this machine may look at them. Rejects when nobody answers. */
export async function versionsNow(
  place: Place,
  cluster: ClusterConfig,
): Promise<{ server: string; kubelets: { node: string; version: string }[] }> {
  const { gitVersion } = await readObject<{ gitVersion: string }>(place, cluster, "/version");
  if (!hasControlPlane(cluster)) return { server: gitVersion, kubelets: [] };
  const { items } = await readObject<{ items: NodeObject[] }>(place, cluster, "/api/v1/nodes");
  const kubelets = items.flatMap(({ metadata, status }) => {
    const version = status?.nodeInfo?.kubeletVersion;
    return version ? [{ node: metadata.name, version }] : [];
  });
  return { server: gitVersion, kubelets };
}

async function readObject<T>(place: Place, cluster: ClusterConfig, path: string, missing?: T): Promise<T> {
  const { status, body } = await ask(place, cluster, path);
  if (status === 404) return missing as T;
  if (status !== 200) throw new Error(`reading ${path}: HTTP ${status}`);
  return JSON.parse(body) as T;
}

function stateOf(node: NodeObject, lease: LeaseObject | undefined): NodeState {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  return {
    name: node.metadata.name,
    ready: ready?.status === "True",
    message: ready?.message ?? "the kubelet has not reported yet",
    ...(lease ? { heartbeatMs: Date.parse(lease.spec?.renewTime ?? "") } : {}),
  };
}
