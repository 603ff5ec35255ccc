/** Named network namespaces, as `ip netns` keeps them. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { run, tryRun } from "./run.ts";

const folder = "/run/netns";

export const netnsPath = (name: string): string => `${folder}/${name}`;

export function listNetns(): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** True when the name exists and is a live namespace: after a reboot or a lazy unmount a plain file may remain. */
export async function netnsWorks(name: string): Promise<boolean> {
  return existsSync(netnsPath(name)) && (await tryRun(["true"], { netns: name })).code === 0;
}

/** Makes the namespace when it is not there; resolves true when it was made. */
export async function ensureNetns(name: string): Promise<boolean> {
  if (await netnsWorks(name)) return false;
  await deleteNetns(name);
  await run(["ip", "netns", "add", name]);
  return true;
}

/** Unmounts and removes the name; its interfaces go when the last process inside has gone. */
export async function deleteNetns(name: string): Promise<void> {
  if (!existsSync(netnsPath(name))) return;
  const result = await tryRun(["ip", "netns", "delete", name]);
  if (result.code === 0) return;
  await tryRun(["umount", "--lazy", netnsPath(name)]);
  rmSync(netnsPath(name), { force: true });
}
