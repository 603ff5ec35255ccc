/** The node's Lease, renewed every ten seconds. */
import { type Lease, leases, nodes } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { type Client, isNotFound, microTimestamp } from "#client/mod.ts";

const leaseSeconds = 40;
const namespace = "kube-node-lease";

export class Heartbeat {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #name: string;
  #lease: Lease | undefined;

  constructor(client: Client, clock: Clock, name: string) {
    this.#client = client;
    this.#clock = clock;
    this.#name = name;
  }

  /** Rejects when it was not renewed; the next one begins from what the API has. */
  async beat(): Promise<void> {
    const renewTime = microTimestamp(this.#clock.now());
    const spec = { holderIdentity: this.#name, leaseDurationSeconds: leaseSeconds, renewTime };
    try {
      const lease = this.#lease ?? (await this.#find(spec));
      this.#lease = await this.#client.update(leases, {
        ...lease,
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        spec: { ...lease.spec, ...spec },
      });
    } catch (error) {
      this.#lease = undefined;
      throw error;
    }
  }

  async #find(spec: NonNullable<Lease["spec"]>): Promise<Lease> {
    const name = this.#name;
    try {
      return await this.#client.get(leases, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const node = await this.#client.get(nodes, { name });
    const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid }];
    return this.#client.create(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace, ownerReferences },
      spec,
    });
  }
}
