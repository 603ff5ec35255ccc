/**
 * Where a node's container logs lie, as upstream and every log collector has it:
 *
 *     /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart>.log
 *     /var/log/containers/<pod>_<namespace>_<container>-<id>.log  →  the file above
 *
 * A node that shares its machine with others has a `/var/log` of its own somewhere else; its pods see that one there.
 */
import { join } from "node:path";

/** The names that pods and collectors know. */
export const usualRoot = "/var/log";

export interface LogFolders {
  /** What pods of this node see as `/var/log`. */
  root: string;
  pods: string;
  containers: string;
}

export function logFolders(root: string): LogFolders {
  return { root, pods: join(root, "pods"), containers: join(root, "containers") };
}

interface LoggedPod {
  uid: string;
  name: string;
  namespace: string;
}

export const podLogFolder = ({ uid, name, namespace }: LoggedPod): string => `${namespace}_${name}_${uid}`;
export const logFile = (restartCount: number): string => `${restartCount}.log`;

/** File names end there on ext4. */
const longestName = 255;
const suffix = ".log";

export function linkName(pod: LoggedPod, container: { name: string; id: string }): string {
  return `${pod.name}_${pod.namespace}_${container.name}-${container.id}`.slice(0, longestName - suffix.length) + suffix;
}

/** In the words that pods know: a collector that mounts `/var/log` finds the file. */
export function linkTarget(pod: LoggedPod, container: { name: string; restartCount: number }): string {
  return join(usualRoot, "pods", podLogFolder(pod), container.name, logFile(container.restartCount));
}
