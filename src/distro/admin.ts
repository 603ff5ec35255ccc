/** The person at the machine, as a client of the cluster: full rights, from the files in its state folder. */
import { request } from "node:https";
import type { Clock } from "#base/mod.ts";
import { readCa, readPem } from "./certificates.ts";
import type { ClusterConfig } from "./cluster.ts";
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
    const { cert, key } = readPem(place, "admin");
    const call = request(
      {
        host: "127.0.0.1",
        port: cluster.port,
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

export async function nodeStates(place: Place, cluster: ClusterConfig): Promise<NodeState[]> {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const [answer, beats] = await Promise.all([ask(place, cluster, "/api/v1/nodes"), ask(place, cluster, leases)]);
  const heard = new Map(
    (JSON.parse(beats.body) as { items?: { metadata: { name: string }; spec?: { renewTime?: string } }[] }).items?.map(
      ({ metadata, spec }) => [metadata.name, Date.parse(spec?.renewTime ?? "")],
    ),
  );
  if (answer.status !== 200) throw new Error(`listing nodes: HTTP ${answer.status}`);
  const list = JSON.parse(answer.body) as {
    items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string; message?: string }[] } }[];
  };
  return list.items.map((node) => {
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
    const heartbeatMs = heard.get(node.metadata.name);
    return {
      name: node.metadata.name,
      ready: ready?.status === "True",
      message: ready?.message ?? "the kubelet has not reported yet",
      heartbeatMs,
    };
  });
}
