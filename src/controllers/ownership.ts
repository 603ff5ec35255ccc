/** An owner controls what matches its selector: it adopts orphans that match and lets go of its own that no longer do. */
import type { KubeObject, Resource } from "#api/mod.ts";
import { type Caches, controllerOf, controllerReference, type Index, keyOf, patch, refOf, type Source, type Step } from "#client/mod.ts";
import { matchesLabels, type Selector } from "#codec/mod.ts";

export interface ClaimInput<T> {
  owner: KubeObject;
  ownerKind: Resource;
  selector: Selector;
  resource: Resource<T>;
  /** Those that the owner controls, and the orphans of its namespace. */
  candidates: readonly T[];
  /** What must hold besides the selector, such as the form of a name. */
  belongs?(object: T): boolean;
}

/** `own`: what the owner controls once `steps` are done. An owner that is being deleted adopts and releases nothing. */
export function claim<T extends KubeObject>({
  owner,
  ownerKind,
  selector,
  resource,
  candidates,
  belongs = () => true,
}: ClaimInput<T>): {
  own: T[];
  steps: Step[];
} {
  const { uid, deletionTimestamp: going } = owner.metadata;
  const own: T[] = [];
  const steps: Step[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = matchesLabels(selector, object.metadata.labels) && belongs(object);
    if (controller) {
      if (controller.uid !== uid) continue;
      if (matches) own.push(object);
      else if (!going) steps.push(patch(resource, object, { metadata: { ownerReferences: [{ $patch: "delete", uid }] } }));
    } else if (matches && !going && !object.metadata.deletionTimestamp) {
      own.push(object);
      const reference = controllerReference({ ...owner, apiVersion: ownerKind.apiVersion, kind: ownerKind.kind });
      // The copy may not know yet that the owner is being deleted: the API is asked.
      const whileAlive = { resource: ownerKind, ref: refOf(owner), uid: uid ?? "" };
      steps.push(patch(resource, object, { metadata: { ownerReferences: [reference] } }, { whileAlive }));
    }
  }
  return { own, steps };
}

export interface OwnedOptions<O> {
  /** Owners of a namespace. */
  ownersIn: Index<O & KubeObject>;
  selectorOf(owner: O): Selector;
}

/** Changes of `resource` wake their controller of the kind `owners`; one that nobody controls wakes all whose selector it matches. */
export function ownedBy<T extends KubeObject, O extends KubeObject>(
  resource: Resource<T>,
  owners: Resource<O>,
  { ownersIn, selectorOf }: OwnedOptions<O>,
): Source {
  const wanting = (object: T, caches: Caches) =>
    caches
      .by(ownersIn, object.metadata.namespace ?? "")
      .filter((owner) => matchesLabels(selectorOf(owner), object.metadata.labels))
      .map(keyOf);
  return {
    follows: [resource],
    start: ({ informer, caches, add }) =>
      informer(resource).onChange(({ type, object, old }) => {
        const [now, before] = [controllerOf(object), old && controllerOf(old)];
        for (const owner of before && before.uid !== now?.uid ? [now, before] : [now])
          if (owner?.kind === owners.kind) add(`${object.metadata.namespace}/${owner.name}`);
        // An orphan that only runs on concerns nobody.
        if (now || type === "deleted" || (old && !before && sameLabels(old, object))) return;
        for (const key of wanting(object, caches)) add(key);
      }),
  };
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.labels ?? {}, b.metadata.labels ?? {}];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
