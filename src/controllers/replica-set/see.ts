/** Keeps as many pods as each ReplicaSet (or ReplicationController, by the same code) wants. */
import {
  type Pod,
  pods,
  type ReplicaSet,
  type ReplicationController,
  type Resource,
  replicasets,
  replicationcontrollers,
} from "#api/mod.ts";
import { type Caches, controllerOf, type Index, index, type Reconciler, reconciler } from "#client/mod.ts";
import { labelSelectorFrom, selectorFromMap } from "#codec/mod.ts";
import { claim, ownedBy } from "../ownership.ts";
import { byController, isActive, orphansIn } from "../pods.ts";
import { concludeSet, type Family, planSet, type SeenSet } from "./plan.ts";

/** Everything but the selector's form is the same in both kinds. */
const asSets = replicationcontrollers as Resource as Resource<ReplicaSet>;

export const replicaSets = familyOf({
  name: "replicaset-controller",
  account: "replicaset-controller",
  resource: replicasets,
  selectorOf: (set) => labelSelectorFrom(set.spec?.selector),
  countsTerminating: true,
});

export const replicationControllers = familyOf({
  name: "replicationcontroller-controller",
  account: "replication-controller",
  resource: asSets,
  selectorOf: (set) => selectorFromMap((set as unknown as ReplicationController).spec?.selector),
  countsTerminating: false,
});

function familyOf(family: Family): Reconciler {
  const { name, account, resource, selectorOf } = family;
  const setsIn = index(resource, (set) => [set.metadata.namespace ?? ""]);
  const byOwner = index(resource, (set) => [controllerOf(set)?.uid ?? ""]);
  return reconciler<ReplicaSet, SeenSet>({
    name,
    account,
    component: account,
    workers: 5,
    of: resource,
    also: [ownedBy(pods, resource, { ownersIn: setsIn, selectorOf })],
    see(key, caches) {
      const set = caches.get(resource, key);
      if (!set) return undefined;
      const orphans = caches.by(orphansIn, set.metadata.namespace!).filter(isActive);
      const candidates = [...caches.by(byController, set.metadata.uid!), ...orphans];
      const { own, steps } = claim({ owner: set, ownerKind: resource, selector: selectorOf(set), resource: pods, candidates });
      return { family, set, own, adoption: steps, related: related(set, own, byOwner, caches) };
    },
    plan: planSet,
    conclude: concludeSet,
  });
}

/** Asked for only where pods are to go: it is a walk over all pods of all revisions. */
function related(set: ReplicaSet, own: readonly Pod[], byOwner: Index<ReplicaSet>, caches: Caches): Pod[] {
  const owner = controllerOf(set)?.uid;
  if (!owner || own.filter(isActive).length <= (set.spec?.replicas ?? 1)) return [];
  return caches.by(byOwner, owner).flatMap((sibling) => caches.by(byController, sibling.metadata.uid!));
}
