/** What is to be done for the pods of a node's files: which run, which end, and what the API shows of them. Pure. */
import type { Pod } from "#api/mod.ts";
import { hashAnnotation, mirrorAnnotation } from "./manifest.ts";

export interface StaticSituation {
  /** Of the files, as they are now. */
  wanted: readonly Pod[];
  /** Uids of static pods that this kubelet runs or is ending, with their full names. */
  running: ReadonlyMap<string, string>;
  /** Mirror pods of this node, as the API has them. */
  mirrors: readonly Pod[];
}

export interface StaticPlan {
  start: Pod[];
  end: string[];
  makeMirror: Pod[];
  removeMirror: Pod[];
}

export const fullName = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

export function planStatic({ wanted, running, mirrors }: StaticSituation): StaticPlan {
  // Of two files that say the same name, the first in order holds.
  const byName = new Map(wanted.toReversed().map((pod) => [fullName(pod), pod]));
  const uids = new Set([...byName.values()].map((pod) => pod.metadata.uid!));
  const end = [...running.keys()].filter((uid) => !uids.has(uid));
  // One that was changed begins when the one before it has ended.
  const taken = new Set(end.map((uid) => running.get(uid)));
  const start = [...byName.values()].filter((pod) => !running.has(pod.metadata.uid!) && !taken.has(fullName(pod)));
  const isRight = (mirror: Pod) => {
    const pod = byName.get(fullName(mirror));
    return pod !== undefined && mirror.metadata.annotations?.[mirrorAnnotation] === pod.metadata.annotations?.[hashAnnotation];
  };
  const removeMirror = mirrors.filter((mirror) => !isRight(mirror) || mirror.metadata.deletionTimestamp !== undefined);
  const shown = new Set(mirrors.map(fullName));
  const makeMirror = [...byName.values()].filter((pod) => !shown.has(fullName(pod)) && !taken.has(fullName(pod)));
  return { start, end, makeMirror, removeMirror };
}

/** What the API is given: the pod, marked, and owned by its node. */
export function mirrorOf(pod: Pod, node: { name: string; uid: string }): Pod {
  const { uid: _, ...metadata } = pod.metadata;
  const hash = metadata.annotations?.[hashAnnotation] ?? "";
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [mirrorAnnotation]: hash },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: node.name, uid: node.uid, controller: true }],
    },
  };
}

/** The pod with what the API knows of it. */
export function withMirror(pod: Pod, mirror: Pod | undefined): Pod {
  if (!mirror) return pod;
  const { resourceVersion, generation, creationTimestamp } = mirror.metadata;
  const known = Object.entries({ resourceVersion, generation, creationTimestamp }).filter(([, value]) => value !== undefined);
  return { ...pod, metadata: { ...pod.metadata, ...Object.fromEntries(known) }, ...(mirror.status ? { status: mirror.status } : {}) };
}
