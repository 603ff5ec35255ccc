/** Notices nodes that fall silent, says so, taints them, and takes traffic from their pods. */
import { leases, type Node, nodes, pods } from "#api/mod.ts";
import { conditionOf, keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { onNode } from "../pods.ts";
import { type Evictions, evictionOf, type GoneNode, type Grace, paced, planAnyNode, type SeenNode, usualGrace } from "./plan.ts";

const leaseNamespace = "kube-node-lease";
const readiness = (node: Node | undefined) => conditionOf(node?.status?.conditions, "Ready")?.status;

interface Settings {
  nodeGrace?: Grace;
  evictions?: Evictions;
}

export function nodeLifecycle({ nodeGrace: grace = usualGrace, evictions }: Settings = {}): Reconciler {
  /** When each node last said something that it had not said before, by our own clock. */
  const heard = new Map<string, { sign: string; at: number }>();
  const begun = new Map<string, number>();
  const known = new Map<string, Node>();
  return reconciler<Node, SeenNode | GoneNode>({
    name: "node-lifecycle-controller",
    account: "node-controller",
    component: "node-controller",
    workers: 8,
    of: nodes,
    also: [
      // The first word of a node, and every word of one that is called unknown. Renewals of a node that is well need no look: the
      // next is due anyway before it could count as silent.
      {
        follows: [leases],
        start: ({ informer, caches, add }) =>
          informer(leases).onChange(({ type, object: { metadata } }) => {
            if (type === "deleted" || metadata.namespace !== leaseNamespace) return;
            const name = metadata.name ?? "";
            if (!heard.has(name) || readiness(caches.get(nodes, name)) === "Unknown") add(name);
          }),
      },
      // How many nodes of the zone are ready decides what becomes of each that is not.
      via(
        nodes,
        (_, caches) =>
          caches
            .list(nodes)
            .filter((node) => readiness(node) !== "True")
            .map(keyOf),
        ({ type, object, old }) => type === "deleted" || readiness(old) !== readiness(object),
      ),
    ],
    reads: [pods],
    see(name, caches, { clock }) {
      const node = caches.get(nodes, name);
      if (!node) {
        heard.delete(name);
        const gone = known.get(name);
        known.delete(name);
        return gone && { gone };
      }
      const isNew = !known.has(name);
      known.set(name, node);
      const lease = caches.get(leases, `${leaseNamespace}/${name}`);
      const sign = lease?.spec?.renewTime ?? conditionOf(node.status?.conditions, "Ready")?.lastHeartbeatTime ?? "";
      const last = heard.get(name);
      const now = clock.monotonic();
      if (last?.sign !== sign) heard.set(name, { sign, at: now });
      const silentMs = now - heard.get(name)!.at;
      const eviction = evictionOf(node, caches.list(nodes), evictions);
      return {
        node,
        pods: caches.by(onNode, name),
        silentMs,
        grace,
        isNew,
        ...paced({ node, silentMs, eviction, grace }, begun, now, evictions),
      };
    },
    plan: planAnyNode,
  });
}
