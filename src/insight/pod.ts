/** Why a pod is not running and ready: what its scheduler, its node and its containers' ends say. */
import type { KubeObject, Node, Pod } from "#api/mod.ts";
import type { AroundPod } from "./around-pod.ts";
import { condition, inNamespace, roughly, warnings, words } from "./common.ts";
import { containerFinding, type Named, restartsOf } from "./container.ts";
import { type Facts, type Finding, there } from "./finding.ts";
import { unschedulable } from "./placement.ts";

export async function explainPod(pod: Pod, facts: Facts): Promise<Finding[]> {
  const { namespace } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  const [events, node, missing] = await Promise.all([
    facts.events(pod as KubeObject),
    nodeName ? facts.get<Node & KubeObject>("nodes", { name: nodeName }) : undefined,
    Promise.all(
      namedBy(pod).map(async ({ resource, name }) =>
        (await facts.get(resource, { namespace, name })) === "gone" ? `${resource.slice(0, -1)}/${name}` : undefined,
      ),
    ),
  ]);
  return [podFinding(pod, { nowMs: facts.nowMs, events, node, missing: [...new Set(missing.filter((each) => each !== undefined))] })];
}

export function podFinding(pod: Pod, around: AroundPod): Finding {
  const about = `pod/${pod.metadata.name}`;
  const found =
    leaving(pod, around) ??
    ended(pod, around) ??
    unplaced(pod, around) ??
    silentNode(pod, around) ??
    containers(pod, around) ??
    notReady(pod, around);
  return { about, ...(found ?? fine(pod, around)) };
}

type Found = Omit<Finding, "about">;

function leaving(pod: Pod, { nowMs, node }: AroundPod): Found | undefined {
  const { deletionTimestamp, finalizers = [], name } = pod.metadata;
  if (!deletionTimestamp) return undefined;
  // The time of deletion is the end of the grace period, not its beginning.
  const leftMs = Date.parse(deletionTimestamp) - nowMs;
  if (leftMs > 0)
    return {
      state: `is stopping: its containers may take ${roughly(leftMs)} more`,
      fine: true,
      because: [`the grace period ends at ${deletionTimestamp}`],
      todo: [],
    };
  const state = `is Terminating for ${roughly(-leftMs)} longer than its grace period`;
  if (finalizers.length > 0)
    return {
      state,
      because: [`finalizers wait: ${finalizers.join(", ")}`],
      todo: ["let whoever set them finish; removing one by hand skips the clean-up that it stands for"],
    };
  const machine = node && there(node);
  const ready = machine && condition(machine, "Ready");
  if (pod.spec?.nodeName && node !== "hidden" && ready?.status !== "True")
    return {
      state,
      because: [
        machine
          ? `node ${pod.spec.nodeName} does not answer (Ready is ${ready?.status ?? "not told"}), so nobody knows whether the containers have ended`
          : `node ${pod.spec.nodeName} is gone`,
      ],
      todo: [`bring the node back; or, if the machine is surely off: kubectl delete pod ${name}${inNamespace(pod as KubeObject)} --force`],
    };
  return {
    state,
    because: ["its node has not yet told that the containers have ended"],
    todo: [`kubectl describe pod ${name}${inNamespace(pod as KubeObject)}`],
  };
}

function ended(pod: Pod, around: AroundPod): Found | undefined {
  const { phase, reason, message } = pod.status ?? {};
  if (phase === "Succeeded") return { state: "has ended well: every container exited with 0", fine: true, because: [], todo: [] };
  if (phase !== "Failed") return undefined;
  const ends = statuses(pod).flatMap((status) =>
    status.state?.terminated && status.state.terminated.exitCode !== 0 ? [containerFinding(pod, status, around)] : [],
  );
  return {
    state: `has Failed${reason ? `: ${reason}` : ""}`,
    because: [...(message ? [message.trim()] : []), ...ends.flatMap((end) => end?.because ?? [])],
    todo: [...new Set(ends.flatMap((end) => end?.todo ?? []))],
  };
}

function unplaced(pod: Pod, { events, missing }: AroundPod): Found | undefined {
  if (pod.spec?.nodeName) return undefined;
  const gates = pod.spec?.schedulingGates ?? [];
  if (gates.length > 0)
    return {
      state: "is Pending: it is not to be scheduled yet",
      because: gates.map(({ name }) => `scheduling gate ${name} is closed`),
      todo: ["whoever set the gates removes them when the pod may start"],
    };
  const scheduled = condition(pod, "PodScheduled");
  const said = scheduled?.message ?? warnings(events, ["FailedScheduling"])[0]?.message;
  if (said) {
    const { because, todo } = unschedulable(said);
    return {
      state: "is Pending: no node takes it",
      because: [...because, ...missing.map((each) => `${each} does not exist`)],
      todo,
    };
  }
  const scheduler = pod.spec?.schedulerName ?? "default-scheduler";
  return {
    state: "is Pending: no scheduler has looked at it yet",
    because: [`it asks for the scheduler ${scheduler}`],
    todo:
      scheduler === "default-scheduler" ? ["if this lasts, the scheduler does not run"] : [`see that a scheduler named ${scheduler} runs`],
  };
}

function silentNode(pod: Pod, { node, nowMs }: AroundPod): Found | undefined {
  const name = pod.spec?.nodeName;
  if (node === "gone")
    return {
      state: `is ${pod.status?.phase ?? "Pending"} on a node that does not exist`,
      because: [`there is no node ${name}`],
      todo: ["delete the pod; its controller makes another"],
    };
  const machine = node && there(node);
  const ready = machine && condition(machine, "Ready");
  if (ready?.status !== "Unknown") return undefined;
  const since = ready.lastTransitionTime ? ` for ${roughly(nowMs - Date.parse(ready.lastTransitionTime))}` : "";
  return {
    state: "may or may not run: its node does not answer",
    because: [`node ${name} has not told its status${since}`],
    todo: [`kubectl why node/${name}`],
  };
}

function containers(pod: Pod, around: AroundPod): Found | undefined {
  const all = statuses(pod);
  for (const status of all) {
    const found = containerFinding(pod, status, around);
    if (found) return found;
  }
  if (all.length === 0)
    return {
      state: `is Pending: node ${pod.spec?.nodeName} has not begun it`,
      because: warnings(around.events).map((event) => words(event)),
      todo: [`kubectl why node/${pod.spec?.nodeName}`],
    };
  return undefined;
}

function notReady(pod: Pod, { events }: AroundPod): Found | undefined {
  const ready = condition(pod, "Ready");
  if (ready?.status === "True") return undefined;
  const gates = (pod.spec?.readinessGates ?? []).filter(({ conditionType }) => condition(pod, conditionType ?? "")?.status !== "True");
  return {
    state: "is Running and not ready: Services leave it out",
    because: [
      ...gates.map(({ conditionType }) => `readiness gate ${conditionType} is not True; whoever sets it has not yet`),
      ...(gates.length === 0 && ready ? [words(ready)] : []),
      ...warnings(events, ["Unhealthy"]).map((event) => words(event)),
    ],
    todo: [],
  };
}

function fine(pod: Pod, { nowMs }: AroundPod): Found {
  const restarts = statuses(pod).flatMap((status) => restartsOf(status, nowMs));
  return { state: "is Running and ready", fine: true, because: restarts, todo: [] };
}

/** In the order in which they start. */
const statuses = (pod: Pod): Named[] => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])] as Named[];

/** What must be there before the pod can start. */
export function namedBy(pod: Pod): { resource: string; name: string }[] {
  const { spec } = pod;
  const out: { resource: string; name: string }[] = [];
  const add = (resource: string, ref: { name?: string; optional?: boolean } | undefined) => {
    if (ref?.name && !ref.optional) out.push({ resource, name: ref.name });
  };
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add("configmaps", configMapRef);
      add("secrets", secretRef);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("configmaps", valueFrom?.configMapKeyRef);
      add("secrets", valueFrom?.secretKeyRef);
    }
  }
  for (const volume of spec?.volumes ?? []) {
    add("configmaps", volume.configMap);
    add("secrets", volume.secret && { name: volume.secret.secretName, optional: volume.secret.optional });
    add("persistentvolumeclaims", volume.persistentVolumeClaim && { name: volume.persistentVolumeClaim.claimName });
    for (const source of volume.projected?.sources ?? []) {
      add("configmaps", source.configMap);
      add("secrets", source.secret);
    }
  }
  const seen = new Set<string>();
  return out.filter(({ resource, name }) => !seen.has(`${resource}/${name}`) && seen.add(`${resource}/${name}`));
}
