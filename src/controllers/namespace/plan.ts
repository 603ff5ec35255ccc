/** How a namespace that is being deleted is emptied, what its status says meanwhile, and when it may go: pure. */
import { type KubeObject, type Namespace, type NamespaceCondition, namespaces, type Resource } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { again, clear, lanes, type Outcome, remove, type Step, status, timeOf, update, withCondition } from "#client/mod.ts";
import { asResource, type Discovered } from "../discovery.ts";

export interface Content {
  kind: Discovered;
  /** Only their metadata. */
  objects: readonly KubeObject[];
}

export interface SeenNamespace {
  namespace: Namespace;
  content: readonly Content[];
  /** Group versions whose kinds could not be listed. */
  undiscovered: readonly string[];
  /** Kinds whose objects could not be listed. */
  unlisted: readonly string[];
}

const finalizer = "kubernetes";
const shortestWaitMs = 300;
const longestWaitMs = 15_000;

export function planNamespace(seen: SeenNamespace, nowMs: number): Step[] {
  const { namespace, content } = seen;
  const steps = content.filter(({ objects }) => objects.some(isStaying)).map((each) => [...removal(each, namespace)]);
  if (steps.length > 0) return [lanes(steps), again(0)];
  const next = withConditions(seen, [], nowMs);
  const written = next ? [status(namespaces, next)] : [];
  if (content.length + seen.undiscovered.length + seen.unlisted.length > 0) return [...written, again(waitMs(namespace, nowMs))];
  const finalizers = namespace.spec?.finalizers?.filter((each) => each !== finalizer) ?? [];
  // Of whatever version: nobody else takes this finalizer away.
  const metadata = { ...namespace.metadata, resourceVersion: undefined };
  return [...written, update(namespaces, { ...namespace, metadata, spec: { ...namespace.spec, finalizers } }, { subresource: "finalize" })];
}

/** Refusals are told in the status, and tried again. */
export function concludeNamespace(seen: SeenNamespace, { failures }: Outcome, nowMs: number): Step[] {
  if (failures.length === 0) return [];
  const next = withConditions(
    seen,
    failures.map(({ error }) => messageOf(error)),
    nowMs,
  );
  return next ? [status(namespaces, next)] : [];
}

const isStaying = ({ metadata }: KubeObject): boolean => !metadata.deletionTimestamp;

function removal({ kind, objects }: Content, namespace: Namespace): Step[] {
  const resource = asResource(kind);
  // Dependents are in the same namespace, and are asked to go themselves.
  const policy = "Background" as const;
  if (kind.verbs.includes("deletecollection")) return [clear(resource, namespace.metadata.name!, { policy })];
  return objects.filter(isStaying).map((object) => remove(resource as Resource<KubeObject>, object, { policy }));
}

/** Soon at first, then ever more rarely: what is held by a finalizer may be held for long. */
function waitMs({ metadata }: Namespace, nowMs: number): number {
  const ageMs = nowMs - (timeOf(metadata.deletionTimestamp) ?? nowMs);
  return Math.min(longestWaitMs, Math.max(shortestWaitMs, ageMs / 4));
}

/** The namespace with its conditions; undefined when they are right already. */
function withConditions(seen: SeenNamespace, refusals: readonly string[], nowMs: number): Namespace | undefined {
  const { namespace, content, undiscovered, unlisted } = seen;
  const known = namespace.status?.conditions;
  const left = new Map(content.map(({ kind, objects }) => [`${kind.resource}.${kind.group}`, objects.length]));
  const finalizers = new Map<string, number>();
  for (const name of content.flatMap(({ objects }) => objects.flatMap(({ metadata }) => metadata.finalizers ?? [])))
    finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  const failed = [...refusals, ...unlisted];
  const wanted: [type: string, bad: string | undefined, reasons: [bad: string, good: string], good: string][] = [
    [
      "NamespaceDeletionDiscoveryFailure",
      undiscovered.length > 0 ? `Discovery failed for some groups, ${undiscovered.length} failing: ${undiscovered.join(", ")}` : undefined,
      ["DiscoveryFailed", "ResourcesDiscovered"],
      "All resources successfully discovered",
    ],
    [
      "NamespaceDeletionGroupVersionParsingFailure",
      undefined,
      ["GroupVersionParsingFailed", "ParsedGroupVersions"],
      "All legacy kube types successfully parsed",
    ],
    [
      "NamespaceDeletionContentFailure",
      failed.length > 0 ? `Failed to delete all resource types, ${failed.length} remaining: ${failed.join(", ")}` : undefined,
      ["ContentDeletionFailed", "ContentDeleted"],
      "All content successfully deleted, may be waiting on finalization",
    ],
    [
      "NamespaceContentRemaining",
      left.size > 0 ? `Some resources are remaining: ${listed(left, "has")}` : undefined,
      ["SomeResourcesRemain", "ContentRemoved"],
      "All content successfully removed",
    ],
    [
      "NamespaceFinalizersRemaining",
      finalizers.size > 0 ? `Some content in the namespace has finalizers remaining: ${listed(finalizers, "in")}` : undefined,
      ["SomeFinalizersRemain", "ContentHasNoFinalizers"],
      "All content-preserving finalizers finished",
    ],
  ];
  let conditions: NamespaceCondition[] = known ?? [];
  for (const [type, bad, [badReason, goodReason], good] of wanted) {
    const next =
      bad === undefined ? { status: "False", reason: goodReason, message: good } : { status: "True", reason: badReason, message: bad };
    conditions = withCondition(conditions, { type, ...next }, nowMs);
  }
  const of = (list: readonly NamespaceCondition[] = []) => JSON.stringify(list.map(({ type, status: is, message }) => [type, is, message]));
  if (of(known) === of(conditions)) return undefined;
  const metadata = { ...namespace.metadata, resourceVersion: undefined };
  return { ...namespace, metadata, status: { ...namespace.status, conditions } };
}

function listed(counts: ReadonlyMap<string, number>, word: string): string {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, count]) => `${name} ${word} ${count} resource instances`).join(", ");
}
