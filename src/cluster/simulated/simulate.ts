/** Carries simulated nodes: registers them, renews their leases, and writes what their pods would report. */
import { leases, nodes, type Pod, pods } from "#api/mod.ts";
import { every, messageOf } from "#base/mod.ts";
import { type Client, index, informer, isAlreadyExists, isNotFound, keyOf, microTimestamp, runController, timestamp } from "#client/mod.ts";
import { noDisk, startLocalPath } from "#local-path/mod.ts";
import type { NodeSet, World } from "../cluster.ts";
import { freeAddress, hostAddress, planPod, simulatedLabel, simulatedName, simulatedNode } from "./plan.ts";

const leaseSeconds = 40;
/** All leases once in this time, spread evenly. */
const roundMs = 20_000;
const leaseNamespace = "kube-node-lease";

/** That many simulated nodes, `sim-1` and on; surplus ones of an earlier start are removed. */
export function simulated(count: number): NodeSet {
  return (world) => simulate(world, count);
}

async function simulate({ client, clock, random, log, lifetime }: World, count: number): Promise<void> {
  await removeSurplus(client, count);
  if (count === 0) return;
  for (let from = 1; from <= count; from += 64) {
    const batch = Array.from({ length: Math.min(64, count - from + 1) }, (_, at) => from + at);
    await Promise.all(batch.map((index) => register(client, index, timestamp(clock.now()))));
  }
  log.info("simulated nodes are registered", { count });
  lifetime.add(keepLeases({ client, count, clock, log }));
  const close = runPods({ client, clock, random, log });
  lifetime.add(close);
  const names = Array.from({ length: count }, (_, at) => simulatedName(at + 1));
  const localPath = startLocalPath({ client, clock, random, log, nodes: names, root: "/simulated", disk: noDisk });
  lifetime.add(() => localPath.close());
}

/** Node and lease; both may be there from an earlier start. */
async function register(client: Client, index: number, now: string): Promise<void> {
  const node = simulatedNode(index, now);
  try {
    await client.create(nodes, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await client.patch(nodes, { name: simulatedName(index) }, "strategic", { status: node.status }, { subresource: "status" });
}

async function removeSurplus(client: Client, count: number): Promise<void> {
  const { items } = await client.list(nodes, { labelSelector: `${simulatedLabel}=true` });
  for (const node of items) {
    if (Number(node.metadata.name?.replace("sim-", "")) <= count) continue;
    await client.delete(nodes, { name: node.metadata.name ?? "" }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

function keepLeases({ client, count, clock, log }: Pick<World, "client" | "clock" | "log"> & { count: number }): () => void {
  const perTurn = Math.max(1, Math.ceil(count / (roundMs / 1000)));
  let next = 1;
  const renew = async (index: number) => {
    const name = simulatedName(index);
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: microTimestamp(clock.now()),
    };
    try {
      await client.patch(leases, { namespace: leaseNamespace, name }, "merge", { spec });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace: leaseNamespace },
        spec,
      });
    }
  };
  const turn = async () => {
    const batch = Array.from({ length: Math.min(perTurn, count) }, () => {
      const index = next;
      next = (next % count) + 1;
      return index;
    });
    const results = await Promise.allSettled(batch.map(renew));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) log.warn("simulated nodes: a lease was not renewed", { error: messageOf(failed.reason) });
  };
  void turn();
  const timer = every(clock, Math.min(1000, roundMs / count), turn);
  return () => timer.cancel();
}

const byNode = index(pods, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));

function runPods({ client, clock, random, log }: Pick<World, "client" | "clock" | "random" | "log">): () => Promise<void> {
  const follow = informer<Pod>(client, pods, {
    clock,
    log,
    random,
    fieldSelector: "spec.nodeName!=",
  });
  const indexOf = (pod: Pod) => Number(/^sim-(\d+)$/.exec(pod.spec?.nodeName ?? "")?.[1] ?? 0);
  const controller = runController({
    name: "simulated pods",
    clock,
    log,
    workers: 16,
    async reconcile(key) {
      const pod = follow.get(key);
      const index = pod ? indexOf(pod) : 0;
      if (!pod || index === 0) return;
      const ref = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? "" };
      const taken = new Set(follow.by(byNode, simulatedName(index)).flatMap((other) => other.status?.podIP ?? []));
      const step = planPod(pod, { hostIP: hostAddress(index), podIP: pod.status?.podIP ?? freeAddress(index, taken) }, clock.now());
      if (step.do === "wait") return step.ms;
      if (step.do === "delete") await client.delete(pods, ref, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
      if (step.do === "write")
        await client.patch(pods, ref, "strategic", { metadata: { uid: pod.metadata.uid }, status: step.status }, { subresource: "status" });
    },
  });
  follow.onChange(({ object }) => {
    if (indexOf(object) > 0) controller.queue.add(keyOf(object));
  });
  return async () => {
    follow.close();
    await controller.close();
  };
}
