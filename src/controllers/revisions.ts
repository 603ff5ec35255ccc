/**
 * The history of a DaemonSet or StatefulSet: a ControllerRevision for each template that it has had. The newest is the
 * one whose data equals the owner's template; a number grows with each change, and going back gives an old one a new number.
 */
import { type ControllerRevision, controllerrevisions, type KubeObject, type PodTemplateSpec, type Resource } from "#api/mod.ts";
import { controllerOf, controllerReference, create, index, remove, type Step, update } from "#client/mod.ts";
import { canonical, templateHash } from "./template-hash.ts";

/** On revisions and on pods: which revision. */
export const revisionLabel = "controller-revision-hash";
export const revisionsOf = index(controllerrevisions, (revision) => [controllerOf(revision)?.uid ?? ""]);
export const orphanRevisionsIn = index(controllerrevisions, (revision) =>
  controllerOf(revision) ? [] : [revision.metadata.namespace ?? ""],
);

export interface History {
  /** The revision of the owner's template as it is, or as `steps` make it. */
  current: ControllerRevision;
  /** All others, oldest first. */
  old: ControllerRevision[];
  steps: Step[];
}

/** Another object has the name that the next revision would get: the owner's collision count must grow first. */
export type Collision = "collision";

export interface HistoryInput {
  owner: KubeObject;
  ownerKind: Resource;
  template: PodTemplateSpec | undefined;
  collisionCount: number | undefined;
  /** What the owner controls. */
  revisions: readonly ControllerRevision[];
  /** What has the name of the revision that would be made. */
  holderOf(name: string): ControllerRevision | undefined;
  /** How a revision is named and labelled: DaemonSets label with the hash alone, StatefulSets with the name. */
  labelWith: "hash" | "name";
}

export function historyOf(input: HistoryInput): History | Collision {
  const { owner, revisions } = input;
  const data = dataOf(input.template);
  const text = canonical(data);
  const ordered = [...revisions].sort(byRevision);
  const equal = ordered.filter((revision) => canonical(revision.data) === text);
  const newest = equal.at(-1);
  const old = ordered.filter((revision) => revision !== newest);
  const number = Math.max(0, ...old.map((revision) => revision.revision ?? 0)) + 1;
  if (newest) {
    if ((newest.revision ?? 0) >= number) return { current: newest, old, steps: [] };
    const current = { ...newest, revision: number };
    return { current, old, steps: [update(controllerrevisions, current)] };
  }
  const hash = templateHash(input.template, input.collisionCount);
  const name = `${(owner.metadata.name ?? "").slice(0, longestName - 1 - hash.length)}-${hash}`;
  const holder = input.holderOf(name);
  if (holder) return "collision";
  const current: ControllerRevision = {
    apiVersion: controllerrevisions.apiVersion,
    kind: controllerrevisions.kind,
    metadata: {
      name,
      namespace: owner.metadata.namespace,
      labels: { ...input.template?.metadata?.labels, [revisionLabel]: input.labelWith === "hash" ? hash : name },
      ...(owner.metadata.annotations ? { annotations: owner.metadata.annotations } : {}),
      ownerReferences: [controllerReference({ ...owner, apiVersion: input.ownerKind.apiVersion, kind: input.ownerKind.kind })],
    },
    data,
    revision: number,
  };
  return { current, old, steps: [create(controllerrevisions, current)] };
}

/** Revisions beyond the limit that no pod is of any more, oldest first. */
export function surplusRevisions(old: readonly ControllerRevision[], live: ReadonlySet<string>, limit: number): Step[] {
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return old
    .filter((revision) => !live.has(labelOf(revision)) && !live.has(revision.metadata.name ?? ""))
    .slice(0, surplus)
    .map((revision) => remove(controllerrevisions, revision));
}

/** What pods of this revision carry. */
export function labelOf(revision: ControllerRevision): string {
  return revision.metadata.labels?.[revisionLabel] ?? revision.metadata.name ?? "";
}

/** The template that a revision stands for. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as unknown as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
    .template;
  return template;
}

const longestName = 253;

/**
 * A strategic merge patch that brings the template back: `kubectl rollout undo` applies it as it is. Keys are in order, because
 * upstream's tools know the revision of a template by the bytes of it.
 */
function dataOf(template: PodTemplateSpec | undefined): ControllerRevision["data"] {
  return JSON.parse(canonical({ spec: { template: { ...template, $patch: "replace" } } })) as ControllerRevision["data"];
}

function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  const older = (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
  return (a.revision ?? 0) - (b.revision ?? 0) || older || (a.metadata.name ?? "").localeCompare(b.metadata.name ?? "");
}
