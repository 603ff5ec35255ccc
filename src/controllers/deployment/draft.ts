/** One look at a Deployment while it is planned: sets and status as they will be, and at the end one write for each that changed. */
import { type Deployment, type DeploymentCondition, deployments, type ReplicaSet, replicasets } from "#api/mod.ts";
import { controllerReference, create, type Step, status, update } from "#client/mod.ts";
import { newestAnnotations, nextRevision, revisionAnnotation, sizeAnnotations } from "./annotations.ts";
import { hashLabel } from "./set-of-template.ts";
import { boundsOf, newestSize, replicasOf, type Sizes, sumOf, wantedOf } from "./sizes.ts";
import { hasDeadline, sameStatus, setCondition } from "./status.ts";

export class Draft {
  /** With the annotations and the status that it will have. */
  deployment: Deployment;
  readonly nowMs: number;
  readonly #original: Deployment;
  /** As they will be, by name; and as they are. */
  readonly #sets = new Map<string, ReplicaSet>();
  readonly #before = new Map<string, ReplicaSet>();
  #newest: string | undefined;

  constructor(deployment: Deployment, sets: readonly ReplicaSet[], newest: ReplicaSet | undefined, nowMs: number) {
    this.deployment = deployment;
    this.#original = deployment;
    this.nowMs = nowMs;
    this.#newest = newest?.metadata.name;
    for (const set of sets) {
      this.#sets.set(set.metadata.name!, set);
      this.#before.set(set.metadata.name!, set);
    }
  }
  get sets(): ReplicaSet[] {
    return [...this.#sets.values()];
  }
  get newest(): ReplicaSet | undefined {
    return this.#newest === undefined ? undefined : this.#sets.get(this.#newest);
  }
  get old(): ReplicaSet[] {
    return this.sets.filter((set) => set.metadata.name !== this.#newest);
  }

  condition(next: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">): void {
    const conditions = setCondition(this.deployment.status?.conditions, next, this.nowMs);
    this.deployment = { ...this.deployment, status: { ...this.deployment.status, conditions } };
  }

  /** Brings the newest set's annotations up to date, and the Deployment's revision after it. */
  noteNewest(): void {
    const { newest, deployment } = this;
    if (!newest) return;
    const { minReadySeconds } = deployment.spec ?? {};
    const annotations = newestAnnotations(deployment, newest, nextRevision(this.old));
    const spec = { ...newest.spec, ...(minReadySeconds ? { minReadySeconds } : {}) };
    if (!minReadySeconds) delete spec.minReadySeconds;
    this.#put({ ...newest, metadata: { ...newest.metadata, annotations }, spec });
    this.#noteRevision(annotations[revisionAnnotation] ?? "");
    if (hasDeadline(deployment) && !deployment.status?.conditions?.some(({ type }) => type === "Progressing"))
      this.condition({
        type: "Progressing",
        status: "True",
        reason: "FoundNewReplicaSet",
        message: `Found new replica set "${newest.metadata.name}"`,
      });
  }

  /** Makes the set of the current template. */
  makeNewest(name: string, hash: string): void {
    const { deployment } = this;
    const { template, selector, minReadySeconds } = deployment.spec ?? {};
    const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
    const revision = nextRevision(this.sets);
    const size = newestSize(deployment, 0, sumOf(this.sets, replicasOf));
    const made: ReplicaSet = {
      apiVersion: replicasets.apiVersion,
      kind: replicasets.kind,
      metadata: { name, namespace: deployment.metadata.namespace, labels, ownerReferences: [controllerReference(deployment)] },
      spec: {
        replicas: size,
        ...(minReadySeconds ? { minReadySeconds } : {}),
        selector: { ...selector, matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template?.metadata, labels } },
      },
    };
    const annotations = { ...newestAnnotations(deployment, made, revision), ...this.#sizeAnnotations() };
    this.#sets.set(name, { ...made, metadata: { ...made.metadata, annotations } });
    this.#newest = name;
    this.#noteRevision(String(revision));
    if (hasDeadline(deployment))
      this.condition({
        type: "Progressing",
        status: "True",
        reason: "NewReplicaSetCreated",
        message: `Created new replica set "${name}"`,
      });
  }

  /** True when a size changes. `learn`: sizes that are right already still note the wanted number. */
  resize(sizes: Sizes, { learn = false } = {}): boolean {
    let resized = false;
    for (const [set, replicas] of sizes) {
      const changes = replicasOf(set) !== replicas;
      if (!changes && !learn) continue;
      resized ||= changes;
      const current = this.#sets.get(set.metadata.name!)!;
      const annotations = { ...current.metadata.annotations, ...this.#sizeAnnotations() };
      this.#put({ ...current, metadata: { ...current.metadata, annotations }, spec: { ...current.spec, replicas } });
    }
    return resized;
  }

  /** Creations, then changes of sets; the status is last, so that it is not written for what did not happen. */
  steps(between: readonly Step[] = []): Step[] {
    const steps: Step[] = [];
    for (const [name, set] of this.#sets) {
      const before = this.#before.get(name);
      if (!before) {
        const failed = ["ReplicaSetCreateError", `Failed to create new replica set "${name}": {error}`] as const;
        const done = replicasOf(set) > 0 ? { done: scaled(name, 0, replicasOf(set)) } : {};
        steps.push(create(replicasets, set, { told: { about: this.#original, ...done, failed } }));
      } else if (differs(before, set)) {
        const sized = replicasOf(before) !== replicasOf(set);
        const told = { about: this.#original, done: scaled(name, replicasOf(before), replicasOf(set)) };
        steps.push(update(replicasets, set, sized ? { told } : {}));
      }
    }
    steps.push(...between);
    const { deployment } = this;
    const noted = deployment.metadata.annotations?.[revisionAnnotation] === this.#original.metadata.annotations?.[revisionAnnotation];
    if (!noted || !sameStatus(this.#original.status, deployment.status)) steps.push(status(deployments, deployment));
    return steps;
  }

  /** The status subresource takes annotations too. */
  #noteRevision(revision: string): void {
    const { metadata } = this.deployment;
    if (metadata.annotations?.[revisionAnnotation] === revision) return;
    const annotations = { ...metadata.annotations, [revisionAnnotation]: revision };
    this.deployment = { ...this.deployment, metadata: { ...metadata, annotations } };
  }
  #sizeAnnotations(): Record<string, string> {
    return sizeAnnotations(wantedOf(this.deployment), boundsOf(this.deployment).maxSurge);
  }
  #put(set: ReplicaSet): void {
    this.#sets.set(set.metadata.name!, set);
  }
}

const scaled = (name: string, from: number, to: number) =>
  ["ScalingReplicaSet", `Scaled ${to > from ? "up" : "down"} replica set ${name} from ${from} to ${to}`] as const;

function differs(a: ReplicaSet, b: ReplicaSet): boolean {
  if (a === b) return false;
  if (replicasOf(a) !== replicasOf(b) || (a.spec?.minReadySeconds ?? 0) !== (b.spec?.minReadySeconds ?? 0)) return true;
  const [from, to] = [a.metadata.annotations ?? {}, b.metadata.annotations ?? {}];
  const keys = Object.keys(to);
  return keys.length !== Object.keys(from).length || keys.some((key) => from[key] !== to[key]);
}
