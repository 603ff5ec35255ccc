/** Carries out the steps of a plan: one executor a kind of step, so that a step without one does not compile. */
import type { KubeObject, Resource } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { Client, ObjectRef } from "../contract.ts";
import type { EventRecorder } from "../event-recorder.ts";
import { isAlreadyExists, isConflict, isInvalid, isNamespaceTerminating, isNotFound, orUndefined } from "../refusals.ts";
import type { Outcome, Patch, Step } from "./step.ts";

/** What the executors work with. */
export interface Hands {
  client: Client;
  recorder: EventRecorder;
  /** An object was written; the copies must show it before the key is looked at again. */
  wrote(resource: Resource, object: KubeObject): void;
  erased(resource: Resource, ref: ObjectRef, uid: string): void;
  again(ms: number): void;
}

type Perform<D extends Step["do"]> = (step: Extract<Step, { do: D }>, hands: Hands, outcome: Outcome) => Promise<KubeObject | undefined>;

/** Deletions under way at once, and lanes. */
const atOnce = 32;

const executors: { [D in Step["do"]]: Perform<D> } = {
  create: ({ resource, object }, { client }) => client.create(resource, whole(resource, object)),
  update: ({ resource, object, subresource }, { client }) =>
    // A scale is of a kind of its own.
    client.update(resource, subresource === "scale" ? object : whole(resource, object), subresource ? { subresource } : {}),
  async patch(step, { client }) {
    if (step.whileAlive) await mustLive(client, step.whileAlive);
    const { subresource, manager } = step;
    const options = { ...(subresource ? { subresource } : {}), ...(manager ? { fieldManager: manager, force: true } : {}) };
    return client.patch(step.resource, step.ref, step.type, step.patch, options);
  },
  async delete({ resource, ref, uid, version, graceSeconds, policy }, { client, erased }) {
    await client.delete(resource, ref, {
      ...(uid ? { preconditions: { uid, ...(version ? { resourceVersion: version } : {}) } } : {}),
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      ...(policy ? { propagationPolicy: policy } : {}),
    });
    erased(resource, ref, uid);
    return undefined;
  },
  async clear({ resource, namespace, policy }, { client }) {
    await client.deleteCollection(resource, { namespace, ...(policy ? { propagationPolicy: policy } : {}) });
    return undefined;
  },
  status: ({ resource, object }, { client }) => client.updateStatus(resource, whole(resource, object)),
  async event({ about, type, reason, message }, { recorder }) {
    recorder.event(about, type, reason, message);
    return undefined;
  },
  async again({ ms }, hands) {
    hands.again(ms);
    return undefined;
  },
  async lanes({ lanes }, hands, outcome) {
    await atMost(atOnce, lanes, async (steps) => {
      const own = await perform(steps, hands);
      outcome.wrote.push(...own.wrote);
      outcome.failures.push(...own.failures);
    });
    return undefined;
  },
};

/**
 * In order; the first failure ends it. Neighbours that create start with one and double while all goes well, so that an owner
 * whose objects are refused does not flood the API; neighbours that delete go side by side, and each is tried.
 */
export async function perform(steps: readonly Step[], hands: Hands): Promise<Outcome> {
  const outcome: Outcome = { wrote: [], failures: [] };
  const goesOn = () => outcome.failures.length === 0;
  const one = (step: Step) => performOne(step, hands, outcome);
  for (const group of groupsOf(steps)) {
    if (group[0]!.do === "create") for (const batch of doubling(group)) await (goesOn() && Promise.all(batch.map(one)));
    else if (group[0]!.do === "delete") await atMost(atOnce, group, one);
    else for (const step of group) await (goesOn() && one(step));
    if (!goesOn()) break;
  }
  return outcome;
}

async function performOne(step: Step, hands: Hands, outcome: Outcome): Promise<void> {
  const told = "told" in step ? step.told : undefined;
  const { recorder } = hands;
  try {
    const object = await (executors[step.do] as Perform<Step["do"]>)(step, hands, outcome);
    if (object && "resource" in step) {
      outcome.wrote.push(object);
      hands.wrote(step.resource, object);
    }
    if (told?.done) recorder.event(told.about, "Normal", told.done[0], filled(told.done[1], nameIn(step, object), ""));
  } catch (error) {
    if (isFine(step, error)) return;
    if (told?.failed && isTold(error))
      recorder.event(told.about, "Warning", told.failed[0], filled(told.failed[1], nameIn(step, undefined), messageOf(error)));
    outcome.failures.push({ step, error });
  }
}

/** Refusals after which nothing is left to do: it is gone, or its namespace is going. */
function isFine(step: Step, error: unknown): boolean {
  if (step.do === "create") return isNamespaceTerminating(error) || (step.ifAbsent === true && isAlreadyExists(error));
  // A patch that names a uid is Invalid for another object of that name.
  if (step.do === "patch") return isNotFound(error) || (isInvalid(error) && (step.patch as Named).metadata?.uid !== undefined);
  return (step.do === "update" || step.do === "status" || step.do === "delete" || step.do === "clear") && isNotFound(error);
}

interface Named {
  metadata?: { uid?: string };
}

/** That somebody else was first is nothing to tell users of. */
const isTold = (error: unknown) => !isAlreadyExists(error) && !isConflict(error);

/** The owner is gone or going: what was planned for it is off. */
class OwnerGone extends Error {
  override name = "OwnerGone";
}

async function mustLive(client: Client, { resource, ref, uid }: NonNullable<Patch["whileAlive"]>): Promise<void> {
  const owner = (await orUndefined(client.get(resource, ref))) as KubeObject | undefined;
  if (owner?.metadata.uid !== uid) throw new OwnerGone(`${resource.kind} ${ref.name} is gone: it takes no more objects`);
  if (owner.metadata.deletionTimestamp) throw new OwnerGone(`${resource.kind} ${ref.name} is being deleted: it takes no more objects`);
}

/** Runs of neighbours that create in one resource, or delete; every other step stands alone. */
function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    const joins =
      (step.do === "create" && first?.do === "create" && first.resource === step.resource) ||
      (step.do === "delete" && first?.do === "delete");
    if (joins) last!.push(step);
    else groups.push([step]);
  }
  return groups;
}

function doubling(steps: readonly Step[]): Step[][] {
  const batches: Step[][] = [];
  for (let from = 0, size = 1; from < steps.length; from += size, size *= 2) batches.push(steps.slice(from, from + size));
  return batches;
}

async function atMost<T>(limit: number, items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < items.length) await each(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
}

function filled(text: string, name: string, error: string): string {
  return text.replaceAll("{name}", () => name).replaceAll("{error}", () => error);
}

function nameIn(step: Step, object: KubeObject | undefined): string {
  if (object?.metadata.name) return object.metadata.name;
  if ("ref" in step) return step.ref.name;
  return "object" in step ? (step.object.metadata.name ?? step.object.metadata.generateName ?? "") : "";
}

/** Objects out of lists come without apiVersion and kind. */
function whole(resource: Resource, object: KubeObject): KubeObject {
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}
