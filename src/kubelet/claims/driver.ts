/** One DRA driver of the node: prepares and takes back the devices of claims. Messages are facts of the interface, v1 and v1beta1. */
import { describeMessages, type GrpcClient, grpcClient } from "#net/mod.ts";

export const driverMessages = describeMessages(`
NodePrepareResourcesRequest
  1 claims repeated Claim
NodePrepareResourcesResponse
  1 claims map<string,NodePrepareResourceResponse>
NodePrepareResourceResponse
  1 devices repeated Device
  2 error string
Device
  1 request_names repeated string
  2 pool_name string
  3 device_name string
  4 cdi_device_ids repeated string
  5 share_id string
NodeUnprepareResourcesRequest
  1 claims repeated Claim
NodeUnprepareResourcesResponse
  1 claims map<string,NodeUnprepareResourceResponse>
NodeUnprepareResourceResponse
  1 error string
Claim
  1 namespace string
  2 uid string
  3 name string
`);

export interface ClaimRef {
  namespace: string;
  uid: string;
  name: string;
}

export interface PreparedDevice {
  /** None: it is for all requests. */
  requestNames: string[];
  poolName: string;
  deviceName: string;
  cdiDeviceIds: string[];
  shareId: string;
}

/** Services that a driver may offer, the best first, and where they are. */
const services: readonly (readonly [string, string])[] = [
  ["v1.DRAPlugin", "/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin"],
  ["v1beta1.DRAPlugin", "/k8s.io.kubelet.pkg.apis.dra.v1beta1.DRAPlugin"],
];
/** Upstream's. */
const callMs = 45_000;

export class Driver {
  readonly endpoint: string;
  readonly #service: string;
  readonly #client: GrpcClient;

  /** Throws when it offers no service that is known. */
  constructor(name: string, endpoint: string, versions: readonly string[]) {
    const service = services.find(([version]) => versions.includes(version));
    if (!service) {
      const list = (words: readonly string[]) => JSON.stringify(words).replaceAll(",", " ");
      const why = `none of services supported by the plugin (${list(versions)}) are supported by the kubelet (${list(services.map(([each]) => each))})`;
      throw new Error(`invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`);
    }
    this.endpoint = endpoint;
    this.#service = service[1];
    this.#client = grpcClient(endpoint, driverMessages);
  }

  prepare(claims: readonly ClaimRef[]): Promise<Record<string, { devices: PreparedDevice[]; error: string }>> {
    return this.#ask("NodePrepareResources", claims);
  }

  unprepare(claims: readonly ClaimRef[]): Promise<Record<string, { error: string }>> {
    return this.#ask("NodeUnprepareResources", claims);
  }

  close(): void {
    this.#client.close();
  }

  /** Every claim must be answered for, and well. */
  async #ask<T extends { error: string }>(method: string, asked: readonly ClaimRef[]): Promise<Record<string, T>> {
    const { claims = {} } = await this.#client
      .unary<{ claims?: Record<string, T> }>(`${this.#service}/${method}`, [`${method}Request`, { claims: asked }], `${method}Response`, {
        timeoutMs: callMs,
      })
      .catch((cause) => {
        throw new Error(`${method}: ${(cause as Error).message}`, { cause });
      });
    for (const { uid, name } of asked)
      if (claims[uid]?.error) throw new Error(`${method} failed for ResourceClaim ${name}: ${claims[uid].error}`);
    const skipped = asked.filter(({ uid }) => !claims[uid]).length;
    if (skipped > 0) throw new Error(`${method} skipped ${skipped} ResourceClaims`);
    return claims;
  }
}
