/** What a Deployment writes onto its ReplicaSets for later: revisions, the sizes that were wanted, its own annotations. */
import type { Deployment, ReplicaSet } from "#api/mod.ts";

const prefix = "deployment.kubernetes.io/";
export const revisionAnnotation = `${prefix}revision`;
const historyAnnotation = `${prefix}revision-history`;
const desiredAnnotation = `${prefix}desired-replicas`;
const maxAnnotation = `${prefix}max-replicas`;
/** About a hundred revisions. */
const longestHistory = 2000;

const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  "deprecated.deployment.rollback.to",
]);

type Annotations = Record<string, string>;

/** 64 bits, as users may set it; none counts as 0, and undefined stands for what is no number. */
export function revisionOf({ metadata }: ReplicaSet | Deployment): bigint | undefined {
  const text = metadata.annotations?.[revisionAnnotation];
  if (text === undefined || text === "") return 0n;
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const number = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

export function nextRevision(old: readonly ReplicaSet[]): bigint {
  let highest = 0n;
  for (const set of old) {
    const revision = revisionOf(set) ?? 0n;
    if (revision > highest) highest = revision;
  }
  return highest + 1n;
}

/** The annotations of the newest set: the Deployment's, and a revision above all others. */
export function newestAnnotations(deployment: Deployment, set: ReplicaSet, revision: bigint): Annotations {
  const before = revisionOf(set);
  const out: Annotations = { ...set.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!notCopied.has(key)) out[key] = value;
  if (before === undefined || before >= revision) return out;
  const old = set.metadata.annotations?.[revisionAnnotation];
  out[revisionAnnotation] = String(revision);
  // It was the newest once: a rollback.
  if (old !== undefined) Object.assign(out, historyWith(set.metadata.annotations?.[historyAnnotation], old));
  return out;
}

function historyWith(history: string | undefined, revision: string): Annotations {
  if (!history) return { [historyAnnotation]: revision };
  const kept = [...history.split(","), revision];
  while (kept.join(",").length > longestHistory && kept.length > 1) kept.shift();
  return { [historyAnnotation]: kept.join(",") };
}

export function sizeAnnotations(wanted: number, maxSurge: number): Annotations {
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(wanted + maxSurge) };
}

/** The wanted number when the set was sized last. */
export const desiredOf = (set: ReplicaSet): number | undefined => countIn(set, desiredAnnotation);
export const maxReplicasOf = (set: ReplicaSet): number | undefined => countIn(set, maxAnnotation);

function countIn({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key] ?? "";
  const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return count <= 2 ** 31 - 1 ? count : undefined;
}
