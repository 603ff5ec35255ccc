/** Tells kubelets how long they may believe their copies of Secrets and ConfigMaps: the longer, the more nodes ask. */
import { type Node, nodes } from "#api/mod.ts";
import { patch, type Reconciler, reconciler, type Step, via } from "#client/mod.ts";

const annotation = "node.alpha.kubernetes.io/ttl";

/** The ranges overlap, so that a node that comes and goes does not change all of them. */
const sizes = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Number.POSITIVE_INFINITY, seconds: 300 },
];

/** The place in `sizes`, from the place before. */
export function sizeOf(count: number, before: number): number {
  let at = before;
  while (count > sizes[at]!.most) at++;
  while (count < sizes[at]!.least) at--;
  return at;
}

export function planTtl({ node, seconds }: { node: Node; seconds: number }): Step[] {
  const value = String(seconds);
  return node.metadata.annotations?.[annotation] === value
    ? []
    : [patch(nodes, node, { metadata: { annotations: { [annotation]: value } } })];
}

export function nodeTtl(): Reconciler {
  let size = 0;
  return reconciler<Node, { node: Node; seconds: number }>({
    name: "ttl-controller",
    account: "ttl-controller",
    workers: 5,
    of: nodes,
    when: ({ type, object, old }) =>
      type === "added" || object.metadata.annotations?.[annotation] !== old?.metadata.annotations?.[annotation],
    also: [
      via(
        nodes,
        (_, caches) => {
          const before = sizes[size]!.seconds;
          const all = caches.list(nodes);
          size = sizeOf(all.length, size);
          return sizes[size]!.seconds === before ? [] : all.map(({ metadata }) => metadata.name ?? "");
        },
        ({ type }) => type !== "updated",
      ),
    ],
    see(name, caches) {
      const node = caches.get(nodes, name);
      return node && { node, seconds: sizes[size]!.seconds };
    },
    plan: planTtl,
  });
}
