/** A path inside a volume, resolved so that no link in the volume can lead outside of it. */
import { chmod, chown, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

/** What the container asks for cannot be: waiting does not help. */
export class SubPathError extends Error {
  override name = "SubPathError";
}

/** The real path; a missing one is made as a folder that looks like the volume itself. */
export async function inside(root: string, subPath: string): Promise<string> {
  const real = await realpath(root);
  const wanted = join(real, checked(subPath));
  if (!(await exists(wanted))) {
    const parent = await nearestExisting(wanted);
    if (!within(await realpath(parent), real)) throw new SubPathError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
    await mkdir(wanted, { recursive: true, mode: 0o750 });
    const { mode, uid, gid } = await stat(real);
    await chmod(wanted, mode & 0o7777);
    await chown(wanted, uid, gid);
  }
  return existingInside(root, subPath);
}

/** As `inside`, of what is there already. */
export async function existingInside(root: string, subPath: string): Promise<string> {
  const real = await realpath(root);
  const target = await realpath(join(real, checked(subPath)));
  if (!within(target, real)) throw new SubPathError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  return target;
}

function checked(subPath: string): string {
  if (subPath.startsWith("/") || subPath.split("/").includes(".."))
    throw new SubPathError(`subPath ${JSON.stringify(subPath)} must be relative and must not contain ".."`);
  return subPath;
}

const within = (path: string, root: string) => path === root || path.startsWith(root + sep);

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function nearestExisting(path: string): Promise<string> {
  let at = path;
  while (!(await exists(at))) at = dirname(at);
  return at;
}
