/**
 * One CSI driver of the node, by its socket. Paths are told as the driver sees them: one that named its socket as pods of this node
 * do sees the kubelet's folder at upstream's place. What is asked is never logged: it carries secrets.
 */
import { type GrpcClient, GrpcError, grpcClient } from "#net/mod.ts";
import { runtimeMessage } from "../images/images.ts";
import { accessModeOf, type Capability, capability, csiMessages } from "./messages.ts";

/** Upstream's, for each call. */
export const callMs = 120_000;

export interface NodeInfo {
  nodeId: string;
  /** 0: the driver does not say. */
  maxVolumesPerNode: number;
  topology: Record<string, string>;
}

/** How a volume is used. */
export interface Access {
  /** As a device, or with a file system. */
  block: boolean;
  fsType: string;
  mode: string;
  mountOptions: readonly string[];
  /** The driver gives what is in the volume to this group. */
  group?: number | undefined;
}

export interface StageRequest {
  handle: string;
  publishContext: Record<string, string>;
  stagingPath: string;
  access: Access;
  secrets: Record<string, string>;
  attributes: Record<string, string>;
}

export interface PublishRequest extends Omit<StageRequest, "stagingPath"> {
  stagingPath: string | undefined;
  targetPath: string;
  readOnly: boolean;
}

export interface ExpandRequest {
  handle: string;
  path: string;
  stagingPath: string | undefined;
  requiredBytes: number;
  access: Access;
  secrets: Record<string, string>;
}

export interface VolumeUsage {
  available: number;
  total: number;
  used: number;
  unit: number;
}

/** What a driver refused. `isFinal`: it is not under way any more; `code` is gRPC's. */
export class CsiError extends Error {
  override name = "CsiError";
  readonly code: number;
  readonly isFinal: boolean;
  constructor(error: unknown) {
    super(runtimeMessage(error), { cause: error });
    this.code = error instanceof GrpcError ? error.code : unknown;
    this.isFinal = error instanceof GrpcError && !pending.has(error.code);
  }
}

const unknown = 2;
/** Canceled, DeadlineExceeded, ResourceExhausted, Aborted, Unavailable: what was asked may still be under way. */
const pending: ReadonlySet<number> = new Set([1, 4, 8, 10, 14]);

export class Driver {
  readonly name: string;
  readonly endpoint: string;
  readonly version: readonly number[];
  readonly #client: GrpcClient;
  readonly #seenPath: (path: string) => string;

  constructor(name: string, at: { endpoint: string; version: readonly number[]; seenPath: (path: string) => string }) {
    this.name = name;
    this.endpoint = at.endpoint;
    this.version = at.version;
    this.#seenPath = at.seenPath;
    this.#client = grpcClient(at.endpoint, csiMessages);
  }

  async info(): Promise<NodeInfo> {
    const { nodeId, maxVolumesPerNode, accessibleTopology } = await this.#ask<{
      nodeId: string;
      maxVolumesPerNode: number;
      accessibleTopology?: { segments: Record<string, string> };
    }>("NodeGetInfo", {});
    return { nodeId, maxVolumesPerNode, topology: accessibleTopology?.segments ?? {} };
  }

  /** Asked anew for each piece of work: a driver may be another one behind the same socket. */
  async capabilities(): Promise<ReadonlySet<Capability>> {
    const { capabilities } = await this.#ask<{ capabilities: { rpc?: { type: number } }[] }>("NodeGetCapabilities", {});
    return new Set(capabilities.flatMap(({ rpc }) => (rpc ? [rpc.type as Capability] : [])));
  }

  async stage(request: StageRequest, can: ReadonlySet<Capability>): Promise<void> {
    await this.#ask("NodeStageVolume", {
      volumeId: request.handle,
      publishContext: request.publishContext,
      stagingTargetPath: this.#seenPath(request.stagingPath),
      volumeCapability: wordsFor(request.access, can),
      secrets: request.secrets,
      volumeContext: request.attributes,
    });
  }

  async publish(request: PublishRequest, can: ReadonlySet<Capability>): Promise<void> {
    await this.#ask("NodePublishVolume", {
      volumeId: request.handle,
      publishContext: request.publishContext,
      stagingTargetPath: request.stagingPath === undefined ? "" : this.#seenPath(request.stagingPath),
      targetPath: this.#seenPath(request.targetPath),
      volumeCapability: wordsFor(request.access, can),
      readonly: request.readOnly,
      secrets: request.secrets,
      volumeContext: request.attributes,
    });
  }

  async unpublish(handle: string, targetPath: string): Promise<void> {
    await this.#ask("NodeUnpublishVolume", { volumeId: handle, targetPath: this.#seenPath(targetPath) });
  }

  async unstage(handle: string, stagingPath: string): Promise<void> {
    await this.#ask("NodeUnstageVolume", { volumeId: handle, stagingTargetPath: this.#seenPath(stagingPath) });
  }

  async expand(request: ExpandRequest, can: ReadonlySet<Capability>): Promise<void> {
    await this.#ask("NodeExpandVolume", {
      volumeId: request.handle,
      volumePath: this.#seenPath(request.path),
      capacityRange: { requiredBytes: request.requiredBytes },
      stagingTargetPath: request.stagingPath === undefined ? "" : this.#seenPath(request.stagingPath),
      volumeCapability: wordsFor(request.access, can),
      secrets: request.secrets,
    });
  }

  async usage(handle: string, path: string): Promise<VolumeUsage[]> {
    const { usage } = await this.#ask<{ usage: VolumeUsage[] }>("NodeGetVolumeStats", {
      volumeId: handle,
      volumePath: this.#seenPath(path),
    });
    if (usage.length === 0) throw new Error("failed to get usage from response. usage is nil");
    return usage;
  }

  close(): void {
    this.#client.close();
  }

  async #ask<T>(method: string, request: object): Promise<T> {
    try {
      return await this.#client.unary<T>(`/csi.v1.Node/${method}`, [`${method}Request`, request], `${method}Response`, {
        timeoutMs: callMs,
      });
    } catch (error) {
      throw new CsiError(error);
    }
  }
}

function wordsFor({ block, fsType, mode, mountOptions, group }: Access, can: ReadonlySet<Capability>): object {
  const accessMode = { mode: accessModeOf(mode, can.has(capability.singleNodeMultiWriter)) };
  if (block) return { block: {}, accessMode };
  const volumeMountGroup = group === undefined ? "" : String(group);
  return { mount: { fsType, mountFlags: mountOptions, volumeMountGroup }, accessMode };
}
