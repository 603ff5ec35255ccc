/** Where a cluster's things are on this machine. */
import { homedir } from "node:os";
import { join } from "node:path";
import { isRoot } from "#linux/mod.ts";

export interface Place {
  cluster: string;
  /** What must survive a reboot: store, certificates, images, volumes. */
  state: string;
  /** What must not: sockets, pid files, containerd's runtime state. */
  run: string;
  logs: string;
  pki: string;
  /** Can be made again, shared by all clusters: sample images, compiled code. */
  cache: string;
}

export function placeOf(cluster: string, env: NodeJS.ProcessEnv = process.env): Place {
  if (!/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(cluster)) {
    throw new Error(`cluster name ${JSON.stringify(cluster)}: at most 20 of a-z, 0-9 and '-', beginning with a letter`);
  }
  const root = isRoot();
  const data = env.XDG_DATA_HOME || join(homedir(), ".local/share");
  const state = env.SPOKE_STATE ? join(env.SPOKE_STATE, cluster) : root ? `/var/lib/spoke/${cluster}` : join(data, "spoke", cluster);
  const run = root && !env.SPOKE_STATE ? `/run/spoke/${cluster}` : join(state, "run");
  return { cluster, state, run, logs: join(state, "logs"), pki: join(state, "pki"), cache: cacheFolder(env) };
}

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.SPOKE_CACHE || (isRoot() ? "/var/cache/spoke" : join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "spoke"));
}

/** The folder where clusters lie side by side. */
export function clustersFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(placeOf("spoke", env).state, "..");
}
