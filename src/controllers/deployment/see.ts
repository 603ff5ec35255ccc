/** Rolls Deployments out through ReplicaSets. */
import { type Deployment, deployments, pods, type ReplicaSet, replicasets } from "#api/mod.ts";
import { type Caches, controllerOf, index, reconciler, via } from "#client/mod.ts";
import { labelSelectorFrom } from "#codec/mod.ts";
import { claim, ownedBy } from "../ownership.ts";
import { byController, isFinished } from "../pods.ts";
import { templateHash } from "../template-hash.ts";
import { concludeDeployment, planDeployment, type SeenDeployment } from "./plan.ts";
import { hasTemplate, setName } from "./set-of-template.ts";
import { byAge } from "./sizes.ts";

const deploymentsIn = index(deployments, (deployment) => [deployment.metadata.namespace ?? ""]);
const setsOf = index(replicasets, (set) => [controllerOf(set)?.uid ?? ""]);
const orphanSetsIn = index(replicasets, (set) => (controllerOf(set) ? [] : [set.metadata.namespace ?? ""]));
const selectorOf = (deployment: Deployment) => labelSelectorFrom(deployment.spec?.selector);

export const deploymentReconciler = reconciler<Deployment, SeenDeployment>({
  name: "deployment-controller",
  workers: 5,
  of: deployments,
  also: [
    ownedBy(replicasets, deployments, { ownersIn: deploymentsIn, selectorOf }),
    // Recreate waits for the last old pod to be gone.
    via(
      pods,
      (pod, caches) => deploymentOfPod(pod.metadata.namespace, controllerOf(pod), caches),
      ({ type }) => type === "deleted",
    ),
  ],
  see(key, caches) {
    const deployment = caches.get(deployments, key);
    if (!deployment) return undefined;
    const { namespace = "", uid = "", name = "" } = deployment.metadata;
    const candidates = [...caches.by(setsOf, uid), ...caches.by(orphanSetsIn, namespace)];
    const selector = selectorOf(deployment);
    const { own, steps } = claim({ owner: deployment, ownerKind: deployments, selector, resource: replicasets, candidates });
    const template = deployment.spec?.template;
    const newest = byAge(own).find((set) => hasTemplate(set, template));
    const seen = { deployment, sets: own, adoption: steps, newest, alive: aliveOf(deployment, own, caches) };
    if (newest) return seen;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const next = setName(name, hash);
    return { ...seen, next: { name: next, hash, taken: caches.get(replicasets, `${namespace}/${next}`) } };
  },
  plan: planDeployment,
  conclude: concludeDeployment,
});

function deploymentOfPod(namespace: string | undefined, owner: { kind?: string; name?: string } | undefined, caches: Caches): string[] {
  const set = owner?.kind === "ReplicaSet" ? caches.get(replicasets, `${namespace}/${owner.name}`) : undefined;
  const above = set && controllerOf(set);
  return above?.kind === "Deployment" ? [`${namespace}/${above.name}`] : [];
}

function aliveOf({ spec }: Deployment, sets: readonly ReplicaSet[], caches: Caches): Set<string> {
  if (spec?.strategy?.type !== "Recreate") return new Set();
  const uids = sets.map((set) => set.metadata.uid ?? "");
  return new Set(uids.filter((uid) => caches.by(byController, uid).some((pod) => !isFinished(pod))));
}
