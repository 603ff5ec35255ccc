/** The mounts of one container: from volumes that are there to what the runtime is told. */
import type { AnyContainer } from "../pod/containers.ts";
import { existingInside, inside, SubPathError } from "./sub-path.ts";
import { type MountedVolume, VolumeError } from "./volumes.ts";

export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly?: boolean;
  recursiveReadOnly?: boolean;
  propagation?: number;
  /** The runtime labels what is there for the container. */
  selinuxRelabel?: boolean;
  /** Instead of `hostPath`: the runtime mounts it. */
  image?: RuntimeMountedImage;
  imageSubPath?: string;
}

export interface RuntimeMountedImage {
  image: string;
  userSpecifiedImage: string;
}

/** An image that is a volume; `mounted`: its files are at the volume's path. */
export interface VolumeImage extends RuntimeMountedImage {
  mounted: boolean;
}

export interface MountsInput {
  volumes: ReadonlyMap<string, MountedVolume>;
  /** For subPathExpr. */
  variable(name: string): string | undefined;
  expand(text: string, known: (name: string) => string | undefined): string;
  /** The runtime can make a mount and all below it read-only. */
  recursiveReadOnly: boolean;
  /** The machine has SELinux. */
  selinux: boolean;
  /** By volume. */
  images?: ReadonlyMap<string, VolumeImage>;
}

/** The container's mounts cannot be made as it asks for them. */
export class MountError extends Error {
  override name = "MountError";
}

const propagations: Record<string, number> = { None: 0, HostToContainer: 1, Bidirectional: 2 };

export async function mountsOf(container: AnyContainer, input: MountsInput): Promise<Mount[]> {
  const out: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = input.volumes.get(mount.name ?? "");
    if (!volume) throw new VolumeError(`container ${container.name} mounts volume "${mount.name}", which the pod does not have`);
    const subPath = mount.subPathExpr ? input.expand(mount.subPathExpr, known(input)) : (mount.subPath ?? "");
    out.push({
      containerPath: mount.mountPath?.startsWith("/") ? mount.mountPath : `/${mount.mountPath ?? ""}`,
      ...(await placeOf(volume, subPath, input.images?.get(mount.name ?? ""))),
      readonly: mount.readOnly === true || volume.readOnly,
      recursiveReadOnly: isRecursive(mount, input.recursiveReadOnly),
      propagation: propagations[mount.mountPropagation ?? "None"] ?? 0,
      ...(input.selinux && volume.relabel ? { selinuxRelabel: true } : {}),
    });
  }
  return out;
}

/** In an image nothing is made that is not there. */
async function placeOf(
  { path }: MountedVolume,
  subPath: string,
  image: VolumeImage | undefined,
): Promise<Pick<Mount, "hostPath" | "image" | "imageSubPath">> {
  if (image && !image.mounted) {
    const { mounted: _mounted, ...known } = image;
    return { hostPath: "", image: known, imageSubPath: subPath };
  }
  if (subPath === "") return { hostPath: path };
  if (!image) return { hostPath: await inside(path, subPath) };
  const hostPath = await existingInside(path, subPath).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`image ${image.userSpecifiedImage} has no ${JSON.stringify(subPath)}, which is mounted as a subPath`);
  });
  return { hostPath };
}

export interface ContainerDevice {
  containerPath: string;
  hostPath: string;
  permissions: string;
}

/** Volumes that the container gets as devices. */
export function devicesOf(container: AnyContainer, volumes: ReadonlyMap<string, MountedVolume>): ContainerDevice[] {
  return (container.volumeDevices ?? []).map(({ name = "", devicePath = "" }) => {
    const volume = volumes.get(name);
    if (!volume?.block) throw new VolumeError(`container ${container.name} asks for the device "${name}", which the pod does not have`);
    return { containerPath: devicePath, hostPath: volume.path, permissions: volume.readOnly ? "r" : "mrw" };
  });
}

const known =
  ({ variable }: MountsInput) =>
  (name: string): string => {
    const value = variable(name);
    if (value === undefined) throw new SubPathError(`missing value for ${JSON.stringify(name)}`);
    return value;
  };

type VolumeMount = NonNullable<AnyContainer["volumeMounts"]>[number];

function isRecursive({ name, readOnly, mountPropagation, recursiveReadOnly = "Disabled" }: VolumeMount, can: boolean): boolean {
  if (recursiveReadOnly === "Disabled") return false;
  const refuse = (why: string) =>
    new MountError(
      `failed to resolve recursive read-only mode: volume ${JSON.stringify(name)} requested recursive read-only mode, but it is ${why}`,
    );
  if (!readOnly) throw refuse("not read-only");
  if (mountPropagation && mountPropagation !== "None") throw refuse(`not compatible with propagation ${JSON.stringify(mountPropagation)}`);
  if (recursiveReadOnly === "Enabled" && !can) throw refuse("not supported by the runtime");
  return can;
}
