/** Views of images that pods have as volumes, for runtimes that do not mount images themselves. */
import { mkdir, rmdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { ImageMount, Runtime } from "../../runtime/runtime.ts";
import type { FileWork } from "../file-work.ts";
import { namesIn } from "../places.ts";

export interface ViewTools {
  runtime: Pick<Runtime, "imageView" | "removeImageView">;
  /** For the node's folders of layers. */
  foreign: FileWork;
  mount(source: string, path: string, options: MountWords): Promise<void>;
  isMounted(path: string): Promise<boolean>;
}

export interface MountWords {
  type: string;
  flags: string[];
  /** Names in the flags may be relative to this folder. */
  cwd?: string;
}

const keyOf = (uid: string, volume: string) => `spoke-image-volume-${uid}-${volume}`;

/** Makes the image's files be at the path. False: the runtime mounts them, when it makes the container. */
export async function ensureView(place: { uid: string; volume: string; path: string }, image: string, tools: ViewTools): Promise<boolean> {
  const { path } = place;
  if (await tools.isMounted(path)) return true;
  const view = await tools.runtime.imageView(image, keyOf(place.uid, place.volume));
  if (!view) return false;
  await tools.foreign.run(`view of ${image}`, async () => {
    if (await tools.isMounted(path)) return;
    await mkdir(path, { recursive: true, mode: 0o750 });
    const { source, ...words } = wordsOf(view);
    try {
      await tools.mount(source, path, words);
    } catch (error) {
      if (!(await tools.isMounted(path))) await rmdir(path).catch(() => {});
      throw error;
    }
  });
  return true;
}

/** Of all volumes of a pod whose folders of this type are below `folder`; nothing is mounted there any more. */
export async function removeViews(uid: string, folder: string, runtime: ViewTools["runtime"]): Promise<void> {
  for (const name of await namesIn(join(folder, "volumes/kubernetes.io~image"))) await runtime.removeImageView(keyOf(uid, name));
}

/**
 * As `mount` takes it. The kernel reads one page of options, which is too little for the folders of many layers: they are told relative
 * to the folder that all of them are in. What is not of layers is bound.
 */
export function wordsOf({ type, source, options }: ImageMount): MountWords & { source: string } {
  if (type === "bind") return { source, type: "", flags: ["bind", "ro"] };
  const lower = options.find((each) => each.startsWith("lowerdir="));
  const flags = [...new Set([...options.filter((each) => each !== lower), "ro"])];
  if (!lower) return { source, type, flags };
  const layers = lower.slice("lowerdir=".length).split(":");
  const cwd = sharedFolder(layers);
  return { source, type, flags: [...flags, `lowerdir=${layers.map((layer) => relative(cwd, layer)).join(":")}`], cwd };
}

/** The deepest folder that all of these are below. */
function sharedFolder(paths: readonly string[]): string {
  let shared = dirname(paths[0] ?? "/");
  while (shared !== "/" && !paths.every((path) => path.startsWith(`${shared}/`))) shared = dirname(shared);
  return shared;
}
