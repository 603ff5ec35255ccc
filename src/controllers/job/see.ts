/** Runs the pods of Jobs until enough of them have succeeded. */
import { type Job, jobs, type Pod, pods } from "#api/mod.ts";
import { controllerOf, index, isNotFound, keyOf, patch, reconciler } from "#client/mod.ts";
import { labelSelectorFrom } from "#codec/mod.ts";
import { claim, ownedBy } from "../ownership.ts";
import { byController, orphansIn } from "../pods.ts";
import { concludeJob, planJob, type SeenJob } from "./plan.ts";
import { isTracked, trackingFinalizer } from "./pods.ts";

const jobsIn = index(jobs, (job) => [job.metadata.namespace ?? ""]);
const selectorOf = (job: Job) => labelSelectorFrom(job.spec?.selector);
const ownName = "kubernetes.io/job-controller";
const isOurs = ({ spec }: Job): boolean => spec?.managedBy === undefined || spec.managedBy === ownName;

export const jobReconciler = reconciler<Job, SeenJob>({
  name: "job-controller",
  workers: 5,
  of: jobs,
  also: [ownedBy(pods, jobs, { ownersIn: jobsIn, selectorOf })],
  see(key, caches) {
    const job = caches.get(jobs, key);
    if (!job || !isOurs(job)) return undefined;
    const { uid = "", namespace = "" } = job.metadata;
    const candidates = [...caches.by(byController, uid), ...caches.by(orphansIn, namespace)];
    const { own, steps } = claim({ owner: job, ownerKind: jobs, selector: selectorOf(job), resource: pods, candidates });
    return { job, own, adoption: steps };
  },
  plan: planJob,
  conclude: concludeJob,
});

/** Lets go of pods that no Job counts any more: without this they could never be deleted. */
export const jobOrphans = reconciler<Pod, Pod>({
  name: "job-orphans",
  account: "job-controller",
  workers: 1,
  of: pods,
  when: ({ object, type }) => type !== "deleted" && isTracked(object),
  reads: [jobs],
  async see(key, caches, { client }) {
    const pod = caches.get(pods, key);
    if (!pod || !isTracked(pod)) return undefined;
    const owner = controllerOf(pod);
    if (!owner) return pod;
    if (owner.kind !== "Job") return undefined;
    const ref = { namespace: pod.metadata.namespace, name: owner.name ?? "" };
    const known = caches.get(jobs, keyOf({ metadata: ref } as Job));
    if (known?.metadata.uid === owner.uid) return undefined;
    // The copy may be behind: the API is asked before a pod is let go.
    try {
      return (await client.get(jobs, ref)).metadata.uid === owner.uid ? undefined : pod;
    } catch (error) {
      if (isNotFound(error)) return pod;
      throw error;
    }
  },
  plan: (pod) => [patch(pods, pod, { metadata: { "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } })],
});
