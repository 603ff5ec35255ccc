/** Counts what each quota bounds: when its bounds change, when something that it counts comes or goes, and from time to time. */
import { type KubeObject, type ResourceQuota, resourcequotas, semanticEqual } from "#api/mod.ts";
import { countUsage, index, type Reconciler, reconciler } from "#client/mod.ts";
import { everyQuota, followCounted } from "./follow.ts";
import { planQuota, type SeenQuota } from "./plan.ts";

export const inNamespace = index(resourcequotas, ({ metadata }) => [metadata.namespace ?? ""]);

export function quotaReconciler(): Reconciler {
  const counted = followCounted(inNamespace);
  return reconciler<ResourceQuota, SeenQuota>({
    name: "resourcequota-controller",
    workers: 5,
    of: resourcequotas,
    // What admission charges is no reason to count; bounds that are not in force are, whoever wrote them.
    when: ({ type, object: { spec, status } }) => type === "added" || (type === "updated" && !semanticEqual(spec?.hard, status?.hard)),
    also: [counted.source, everyQuota],
    async see(key, caches, { clock }) {
      const quota = caches.get(resourcequotas, key);
      if (!quota || quota.metadata.deletionTimestamp) return undefined;
      const names = Object.keys(quota.spec?.hard ?? {});
      await counted.ready(names);
      const objectsOf = (id: string): KubeObject[] | undefined => counted.objects(id, quota.metadata.namespace ?? "");
      return { quota, counted: countUsage(quota, names, objectsOf, clock.now()) };
    },
    plan: planQuota,
  });
}
