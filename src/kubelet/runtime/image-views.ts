/** Views of images by containerd's own service of layers, for its versions that do not mount images as volumes themselves. */
import { type GrpcClient, GrpcError } from "#net/mod.ts";
import type { ImageMount, Runtime } from "./runtime.ts";

/** Of containerd's API, `containerd.services.snapshots.v1`. */
export const snapshotMessages = `
ViewSnapshotRequest
  1 snapshotter string
  2 key string
  3 parent string
  4 labels map<string,string>
SnapshotRequest
  1 snapshotter string
  2 key string
SnapshotMounts
  1 mounts repeated SnapshotMount
SnapshotMount
  1 type string
  2 source string
  4 options repeated string
Empty
`;

const service = "/containerd.services.snapshots.v1.Snapshots";
const alreadyExists = 6;
const usualSnapshotter = "overlayfs";

export interface RuntimeWords {
  version(): Promise<{ runtimeName: string; runtimeVersion: string }>;
  /** What a verbose status tells besides, as JSON. */
  statusInfo(): Promise<Record<string, string>>;
  imageInfo(image: string): Promise<Record<string, string>>;
}

export function imageViews(client: GrpcClient, words: RuntimeWords): Pick<Runtime, "imageView" | "removeImageView"> {
  let known: Promise<string | undefined> | undefined;
  /** Undefined: the runtime needs no help. */
  const snapshotter = () => {
    known ??= snapshotterOf(words).catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  const call = <T>(method: string, request: [name: string, value: object], answer: string) =>
    client.unary<T>(`${service}/${method}`, request, answer, { timeoutMs: 30_000, metadata: { "containerd-namespace": "k8s.io" } });
  return {
    async imageView(image, key) {
      const name = await snapshotter();
      if (name === undefined) return undefined;
      const at = { snapshotter: name, key };
      const { chainID: parent = "" } = JSON.parse((await words.imageInfo(image)).info ?? "{}") as { chainID?: string };
      // What nobody refers to is collected: this says that somebody does.
      const labels = { "containerd.io/gc.root": "image-volume" };
      const { mounts } = await call<{ mounts: ImageMount[] }>(
        "View",
        ["ViewSnapshotRequest", { ...at, parent, labels }],
        "SnapshotMounts",
      ).catch((error) => {
        if (!(error instanceof GrpcError && error.code === alreadyExists)) throw error;
        return call<{ mounts: ImageMount[] }>("Mounts", ["SnapshotRequest", at], "SnapshotMounts");
      });
      const [only, ...others] = mounts;
      if (!only || others.length > 0) throw new Error(`the runtime's snapshotter ${name} gives ${mounts.length} mounts for one image`);
      return only;
    },
    async removeImageView(key) {
      const name = await snapshotter();
      if (name !== undefined) await call("Remove", ["SnapshotRequest", { snapshotter: name, key }], "Empty");
    },
  };
}

/** containerd mounts images since 2.1; what else there is does it, or says that it cannot. */
async function snapshotterOf({ version, statusInfo }: RuntimeWords): Promise<string | undefined> {
  const { runtimeName, runtimeVersion } = await version();
  const [major = 0, minor = 0] = runtimeVersion
    .replace(/^v/, "")
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  if (runtimeName !== "containerd" || major > 2 || (major === 2 && minor >= 1)) return undefined;
  const config = JSON.parse((await statusInfo()).config ?? "{}") as { containerd?: { snapshotter?: string } };
  return config.containerd?.snapshotter || usualSnapshotter;
}
