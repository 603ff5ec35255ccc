/** Why a node takes no pods. */
import type { KubeObject, Node } from "#api/mod.ts";
import { condition, roughly, words } from "./common.ts";
import { type Facts, type Finding, there, type Unseen } from "./finding.ts";

type Lease = KubeObject & { spec?: { renewTime?: string } };

export async function explainNode(node: Node, facts: Facts): Promise<Finding[]> {
  const lease = await facts.get<Lease>("leases", { namespace: "kube-node-lease", name: node.metadata.name! });
  return [nodeFinding(node, lease, facts.nowMs)];
}

export function nodeFinding(node: Node, lease: Lease | Unseen, nowMs: number): Finding {
  const { name } = node.metadata;
  const about = `node/${name}`;
  const ready = condition(node, "Ready");
  const heard = there(lease)?.spec?.renewTime;
  const last = heard ? [`its lease was renewed ${roughly(nowMs - Date.parse(heard))} ago`] : lease === "gone" ? ["it has no lease"] : [];
  if (!ready || ready.status === "Unknown")
    return {
      about,
      state: "does not answer: nothing is known of its pods",
      because: [...(ready ? [words(ready)] : ["its kubelet has never told a status"]), ...last],
      todo: ["look whether the machine runs, whether its kubelet runs, and whether it reaches the API server"],
    };
  if (ready.status === "False") return { about, state: "is NotReady", because: [words(ready), ...last], todo: [] };
  const pressures = (node.status?.conditions ?? []).filter(({ type, status }) => type !== "Ready" && status === "True");
  const taints = (node.spec?.taints ?? []).map(({ key, value, effect }) => `taint ${key}${value ? `=${value}` : ""}:${effect}`);
  if (pressures.length > 0)
    return {
      about,
      state: "is Ready and under pressure: it may evict pods",
      because: [...pressures.map((each) => `${each.type}: ${words(each)}`), ...taints],
      todo: pressures.some(({ type }) => type === "DiskPressure") ? ["free disk space: images and logs that nobody needs"] : [],
    };
  if (node.spec?.unschedulable)
    return { about, state: "is Ready and cordoned: no new pods come to it", because: taints, todo: [`kubectl uncordon ${name}`] };
  return {
    about,
    state: taints.length > 0 ? "is Ready; only pods that tolerate its taints come to it" : "is Ready",
    fine: true,
    because: taints,
    todo: [],
  };
}
