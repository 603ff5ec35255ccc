/** Small objects for tables of situations: what a test does not say is as plain as can be. */
import type { KubeObject, Pod } from "#api/mod.ts";
import { controllerReference, timestamp } from "#client/mod.ts";

/** The virtual clock's first moment: every age is counted from here. */
export const nowMs = Date.UTC(2026, 0, 1);
export const namespace = "default";

export interface PodOptions {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  owner?: KubeObject;
  node?: string;
  phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  /** Ready for so many seconds; absent: not ready. */
  readyFor?: number;
  ageSeconds?: number;
  deleting?: boolean;
  restarts?: number;
  ip?: string;
  /** Of both families; the first is `ip`. */
  ips?: string[];
  uid?: string;
  spec?: Pod["spec"];
}

let serial = 0;

export function aPod(options: PodOptions = {}): Pod {
  const name = options.name ?? `pod-${++serial}`;
  const { labels, annotations, readyFor, node, owner } = options;
  const ready =
    readyFor === undefined
      ? { type: "Ready", status: "False" }
      : { type: "Ready", status: "True", lastTransitionTime: secondsAgo(readyFor) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: options.namespace ?? namespace,
      uid: options.uid ?? `uid-of-${name}`,
      creationTimestamp: secondsAgo(options.ageSeconds ?? 3600),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(owner ? { ownerReferences: [controllerReference(owner)] } : {}),
      ...(options.deleting ? { deletionTimestamp: secondsAgo(1), deletionGracePeriodSeconds: 30 } : {}),
    },
    spec: { ...(node ? { nodeName: node } : {}), ...options.spec },
    status: {
      phase: options.phase ?? "Running",
      conditions: [ready],
      ...(options.ip ? { podIP: options.ip, podIPs: (options.ips ?? [options.ip]).map((ip) => ({ ip })) } : {}),
      ...(options.restarts
        ? { containerStatuses: [{ name: "c", image: "", imageID: "", ready: true, restartCount: options.restarts }] }
        : {}),
    },
  };
}

export const secondsAgo = (seconds: number): string => timestamp(nowMs - seconds * 1000);

/** Metadata of an object that is there already. */
export function aMeta(name: string, more: KubeObject["metadata"] = {}): KubeObject["metadata"] {
  return { name, namespace, uid: `uid-of-${name}`, creationTimestamp: secondsAgo(3600), ...more };
}
