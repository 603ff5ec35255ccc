/** Keeps pods with lasting names, order and storage. */
import { controllerrevisions, persistentvolumeclaims, pods, type StatefulSet, statefulsets } from "#api/mod.ts";
import { index, keyOf, reconciler, via } from "#client/mod.ts";
import { labelSelectorFrom } from "#codec/mod.ts";
import { claim, ownedBy } from "../ownership.ts";
import { byController, orphansIn } from "../pods.ts";
import { historyOf, orphanRevisionsIn, revisionsOf } from "../revisions.ts";
import { ordinalOf } from "./identity.ts";
import { concludeStatefulSet, planStatefulSet, type SeenStatefulSet } from "./plan.ts";

const setsIn = index(statefulsets, (set) => [set.metadata.namespace ?? ""]);
const selectorOf = (set: StatefulSet) => labelSelectorFrom(set.spec?.selector);

export const statefulSets = reconciler<StatefulSet, SeenStatefulSet>({
  name: "statefulset-controller",
  account: "statefulset-controller",
  workers: 5,
  of: statefulsets,
  also: [
    ownedBy(pods, statefulsets, { ownersIn: setsIn, selectorOf }),
    // A pod waits for a claim that is on its way out.
    via(
      persistentvolumeclaims,
      ({ metadata }, caches) =>
        caches
          .by(setsIn, metadata.namespace ?? "")
          .filter((set) => mayOwn(set, metadata.name ?? ""))
          .map(keyOf),
      ({ type }) => type === "deleted",
    ),
  ],
  reads: [controllerrevisions],
  see(key, caches) {
    const set = caches.get(statefulsets, key);
    if (!set) return undefined;
    const { uid = "", namespace = "" } = set.metadata;
    const claimed = { owner: set, ownerKind: statefulsets, selector: selectorOf(set) };
    const mine = claim({
      ...claimed,
      resource: pods,
      candidates: [...caches.by(byController, uid), ...caches.by(orphansIn, namespace)],
      belongs: (pod) => ordinalOf(set, pod) !== undefined,
    });
    const past = claim({
      ...claimed,
      resource: controllerrevisions,
      candidates: [...caches.by(revisionsOf, uid), ...caches.by(orphanRevisionsIn, namespace)],
    });
    const history = historyOf({
      owner: set,
      ownerKind: statefulsets,
      template: set.spec?.template,
      collisionCount: set.status?.collisionCount,
      revisions: past.own,
      holderOf: (name) => caches.get(controllerrevisions, `${namespace}/${name}`),
      labelWith: "name",
    });
    const claimOf = (name: string) => caches.get(persistentvolumeclaims, `${namespace}/${name}`);
    return { set, own: mine.own, adoption: [...mine.steps, ...past.steps], history, claimOf };
  },
  plan: planStatefulSet,
  conclude: concludeStatefulSet,
});

function mayOwn({ metadata, spec }: StatefulSet, claim: string): boolean {
  return (spec?.volumeClaimTemplates ?? []).some((template) => claim.startsWith(`${template.metadata?.name}-${metadata.name}-`));
}
