/** Why a workload has not the pods that it asks for: what its controller says, then what its pods say. */
import type { Job, KubeObject, Pod, ReplicaSet } from "#api/mod.ts";
import { type Condition, condition, inNamespace, warnings, words } from "./common.ts";
import { type Facts, type Finding, seen } from "./finding.ts";
import { explainPod } from "./pod.ts";

/** What the kinds that own pods have in common. */
export interface Workload extends KubeObject {
  spec?: { replicas?: number; paused?: boolean; suspend?: boolean };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    desiredNumberScheduled?: number;
    numberReady?: number;
    updatedNumberScheduled?: number;
    conditions?: readonly Condition[];
  };
}

/** More pods than this are not asked one by one. */
const mostPods = 20;

export async function explainWorkload(workload: Workload, facts: Facts): Promise<Finding[]> {
  const { namespace, uid } = workload.metadata;
  const owners = new Set([uid]);
  const [events, sets] = await Promise.all([
    facts.events(workload),
    workload.kind === "Deployment" ? facts.list<ReplicaSet & KubeObject>("replicasets.apps", { namespace }) : undefined,
  ]);
  const mine = seen(sets).filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === uid));
  for (const set of mine) owners.add(set.metadata.uid);
  const all = await facts.list<Pod & KubeObject>("pods", { namespace });
  const pods = seen(all).filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.controller && owners.has(owner.uid)));
  const setEvents = (await Promise.all(mine.filter((set) => (set.spec?.replicas ?? 0) > 0).map((set) => facts.events(set)))).flat();
  const own = workloadFinding(
    workload,
    pods.length,
    warnings([...events, ...setEvents], ["FailedCreate", "FailedDelete"]).map((event) => words(event)),
  );
  const asked = pods.filter(needsWord).slice(0, mostPods);
  const theirs = (await Promise.all(asked.map((pod) => explainPod(pod, facts)))).flat().filter(({ fine }) => !fine);
  return [own, ...theirs];
}

/** Ready pods and those that ended well have nothing to tell. */
const needsWord = (pod: Pod) => pod.status?.phase !== "Succeeded" && condition(pod, "Ready")?.status !== "True";

/** `failures`: what its controller could not do. */
export function workloadFinding(workload: Workload, pods: number, failures: readonly string[]): Finding {
  const { kind, metadata, spec, status } = workload;
  const about = `${kind.toLowerCase()}/${metadata.name}`;
  const [wanted, ready, updated] =
    kind === "DaemonSet"
      ? [status?.desiredNumberScheduled ?? 0, status?.numberReady ?? 0, status?.updatedNumberScheduled]
      : [spec?.replicas ?? 1, status?.readyReplicas ?? 0, status?.updatedReplicas];
  const because: string[] = [];
  const todo: string[] = [];
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    because.push("its controller has not seen the latest change");
    todo.push("if this lasts, the controller does not run");
  }
  for (const type of ["ReplicaFailure", "Progressing", "Available"]) {
    const found = condition(workload, type);
    if (found && (type === "ReplicaFailure" ? found.status === "True" : found.status === "False")) because.push(words(found));
  }
  // The condition tells the same as the event.
  because.push(...failures.filter((text) => !because.some((known) => known.includes(text.replace(/^\w+: /, "")))));
  if (spec?.paused) {
    because.push("its rollout is paused: changes of the template wait");
    todo.push(`kubectl rollout resume ${about}${inNamespace(workload)}`);
  }
  if (/exceeded quota/.test(because.join())) todo.push(`kubectl describe quota${inNamespace(workload)}`);
  if (wanted === 0)
    return {
      about,
      state: kind === "DaemonSet" ? "wants no pod: no node matches it" : "is scaled to 0",
      fine: kind !== "DaemonSet",
      because,
      todo: kind === "DaemonSet" ? ["look at nodeSelector, affinity and the nodes' taints"] : [],
    };
  const late = updated !== undefined && updated < wanted && kind !== "ReplicaSet" && kind !== "ReplicationController";
  if (ready >= wanted && !late && because.length === 0)
    return { about, state: `has ${ready} of ${wanted} pods ready`, fine: true, because, todo };
  return {
    about,
    state: `has ${ready} of ${wanted} pods ready${late ? `, ${updated} of the present template` : ""}${pods < wanted ? ` (${pods} exist)` : ""}`,
    because,
    todo,
  };
}

export async function explainJob(job: Job & KubeObject, facts: Facts): Promise<Finding[]> {
  const { namespace, uid } = job.metadata;
  const [events, all] = await Promise.all([facts.events(job), facts.list<Pod & KubeObject>("pods", { namespace })]);
  const pods = seen(all)
    .filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .filter(needsWord);
  const own = jobFinding(
    job,
    warnings(events, ["FailedCreate"]).map((event) => words(event)),
  );
  if (own.fine && own.state !== "is running") return [own];
  return [own, ...(await Promise.all(pods.slice(0, mostPods).map((pod) => explainPod(pod, facts)))).flat().filter(({ fine }) => !fine)];
}

export function jobFinding(job: Job, failures: readonly string[]): Finding {
  const about = `job/${job.metadata.name}`;
  const { active = 0, succeeded = 0, failed = 0 } = job.status ?? {};
  const counts = `${succeeded} succeeded, ${failed} failed, ${active} active`;
  const is = (type: string) => (job.status?.conditions ?? []).find((each) => each.type === type && each.status === "True");
  const because = [counts, ...failures];
  const failure = is("Failed") ?? is("FailureTarget");
  if (failure) return { about, state: "has failed", because: [words(failure), ...because], todo: [] };
  if (is("Complete")) return { about, state: "is complete", fine: true, because, todo: [] };
  if (job.spec?.suspend) return { about, state: "is suspended", because, todo: [`kubectl patch ${about} -p '{"spec":{"suspend":false}}'`] };
  return { about, state: "is running", fine: failures.length === 0, because, todo: [] };
}
