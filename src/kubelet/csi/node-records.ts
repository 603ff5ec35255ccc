/** What the API has of a node's CSI drivers: the CSINode object, an annotation of the Node, and topology as labels of it. */
import { type CSINode, csinodes, type Node, nodes } from "#api/mod.ts";
import { type Clock, messageOf } from "#base/mod.ts";
import { type Client, orUndefined } from "#client/mod.ts";
import type { NodeInfo } from "./driver.ts";

const annotation = "csi.volume.kubernetes.io/nodeid";
const mostVolumes = 2 ** 31 - 1;
/** Upstream's: four attempts, each five times as long after the one before. */
const attempts = 4;
const firstWaitMs = 10;
const waitFactor = 5;

type CSINodeDriver = NonNullable<NonNullable<CSINode["spec"]>["drivers"]>[number];

export class NodeRecords {
  readonly #client: Client;
  readonly #node: string;
  readonly #clock: Clock;
  /** One change after the other: two drivers may come at once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(client: Client, node: string, clock: Clock) {
    this.#client = client;
    this.#node = node;
    this.#clock = clock;
  }

  /** The node has a CSINode, and it is its own. */
  async begin(): Promise<void> {
    await this.#attempt("error updating CSINode annotation", async () => void (await this.#own()));
  }

  async install(driver: string, info: NodeInfo): Promise<void> {
    if (info.nodeId === "") throw new Error("error adding CSI driver node info: driverNodeID must not be empty");
    await this.#attempt("error updating Node object with CSI driver node info: error updating node", () => this.#label(driver, info));
    await this.update(driver, info);
  }

  async update(driver: string, info: NodeInfo): Promise<void> {
    await this.#attempt("error updating CSINode object with CSI driver node info: error updating CSINode", async () => {
      const known = await this.#own();
      const drivers = known.spec?.drivers ?? [];
      const next = driverOf(driver, info);
      if (JSON.stringify(drivers.find(({ name }) => name === driver)) === JSON.stringify(next)) return;
      await this.#client.update(csinodes, { ...known, spec: { drivers: [...drivers.filter(({ name }) => name !== driver), next] } });
    });
  }

  async uninstall(driver: string): Promise<void> {
    await this.#attempt("error uninstalling CSI driver from CSINode object error updating CSINode", async () => {
      const known = await orUndefined(this.#client.get(csinodes, { name: this.#node }));
      const drivers = known?.spec?.drivers ?? [];
      if (!known || !drivers.some(({ name }) => name === driver)) return;
      await this.#client.update(csinodes, { ...known, spec: { drivers: drivers.filter(({ name }) => name !== driver) } });
    });
    await this.#attempt("error removing CSI driver node info from Node object error updating node", async () => {
      const node = await this.#client.get(nodes, { name: this.#node });
      const { [driver]: gone, ...rest } = idsOf(node);
      if (gone !== undefined) await this.#patch({ annotations: { [annotation]: Object.keys(rest).length > 0 ? textOf(rest) : null } });
    });
  }

  async #label(driver: string, { nodeId, topology }: NodeInfo): Promise<void> {
    const node = await this.#client.get(nodes, { name: this.#node });
    const { labels = {} } = node.metadata;
    const ids = idsOf(node);
    const q = JSON.stringify;
    for (const [key, value] of Object.entries(topology))
      if (labels[key] !== undefined && labels[key] !== value)
        throw new Error(
          `detected topology value collision: driver reported ${q(key)}:${q(value)} but existing label is ${q(key)}:${q(labels[key])}`,
        );
    const isLabelled = Object.entries(topology).every(([key, value]) => labels[key] === value);
    if (isLabelled && ids[driver] === nodeId) return;
    await this.#patch({ labels: topology, annotations: { [annotation]: textOf({ ...ids, [driver]: nodeId }) } });
  }

  async #patch(metadata: object): Promise<void> {
    await this.#client.patch(nodes, { name: this.#node }, "merge", { metadata });
  }

  /** One of another node that had this name goes, and the next attempt makes it anew. */
  async #own(): Promise<CSINode> {
    const name = this.#node;
    const { metadata } = await this.#client.get(nodes, { name });
    const known = await orUndefined(this.#client.get(csinodes, { name }));
    if (!known) {
      const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid: metadata.uid }];
      return this.#client.create(csinodes, {
        apiVersion: "storage.k8s.io/v1",
        kind: "CSINode",
        metadata: { name, ownerReferences },
        spec: { drivers: [] },
      });
    }
    const owner = (known.metadata.ownerReferences ?? []).find(({ kind }) => kind === "Node");
    if (owner?.name === name && owner.uid === metadata.uid) return known;
    await this.#client.delete(csinodes, { name });
    throw new Error(
      `CSINode ${JSON.stringify(name)} was owned by different node (oldNodeID=${JSON.stringify(owner?.uid ?? "")}, newNodeID=${JSON.stringify(metadata.uid)}), deleted it`,
    );
  }

  /** Rejects with all that went wrong, each told once. */
  #attempt(what: string, work: () => Promise<void>): Promise<void> {
    const run = async () => {
      const errors = new Set<string>();
      for (let left = attempts, waitMs = firstWaitMs; ; left--, waitMs *= waitFactor) {
        try {
          return await work();
        } catch (error) {
          errors.add(messageOf(error));
        }
        if (left === 1) break;
        await this.#clock.sleep(waitMs);
      }
      const all = [...errors];
      throw new Error(`${what}: timed out waiting for the condition; caused by: ${all.length > 1 ? `[${all.join(", ")}]` : all[0]}`);
    };
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }
}

function driverOf(name: string, { nodeId, maxVolumesPerNode, topology }: NodeInfo): CSINodeDriver {
  const keys = Object.keys(topology).sort();
  return {
    name,
    nodeID: nodeId,
    ...(keys.length > 0 ? { topologyKeys: keys } : {}),
    ...(maxVolumesPerNode > 0 ? { allocatable: { count: Math.min(maxVolumesPerNode, mostVolumes) } } : {}),
  };
}

/** Driver → the node's name to it. */
function idsOf({ metadata }: Node): Record<string, string> {
  const text = metadata.annotations?.[annotation];
  if (!text) return {};
  try {
    return (JSON.parse(text) as Record<string, string> | null) ?? {};
  } catch (error) {
    throw new Error(
      `failed to parse node's ${JSON.stringify(annotation)} annotation value (${JSON.stringify(text)}) err=${messageOf(error)}`,
    );
  }
}

/** As Go prints maps: by their keys' order. */
const textOf = (ids: Record<string, string>) =>
  JSON.stringify(Object.fromEntries(Object.entries(ids).sort(([a], [b]) => (a < b ? -1 : 1))));
