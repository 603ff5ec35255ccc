/** What can be said of any object: what holds up its end, which conditions are bad, which warnings were told. */
import type { Event, KubeObject } from "#api/mod.ts";
import { type Condition, condition, roughly, warnings, words } from "./common.ts";
import type { Facts, Finding } from "./finding.ts";

interface Any extends KubeObject {
  status?: { conditions?: readonly Condition[]; phase?: string };
  spec?: { finalizers?: readonly string[] };
}

export async function explainOther(object: Any, facts: Facts): Promise<Finding[]> {
  return [otherFinding(object, await facts.events(object), facts.nowMs)];
}

/** Conditions that say by False or Unknown that something is the matter. */
const good = [
  "Ready",
  "Available",
  "Established",
  "NamesAccepted",
  "Accepted",
  "Programmed",
  "ResolvedRefs",
  "Approved",
  "ScalingActive",
  "AbleToScale",
  "DisruptionAllowed",
];

export function otherFinding(object: Any, events: readonly Event[], nowMs: number): Finding {
  const about = `${object.kind.toLowerCase()}/${object.metadata.name}`;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const conditions = Array.isArray(object.status?.conditions) ? object.status.conditions : [];
  const said = warnings(events).map((event) => words(event));
  if (deletionTimestamp) {
    const holders = [...finalizers, ...(object.spec?.finalizers ?? [])];
    // A namespace tells in conditions what is left in it.
    const left = conditions.filter(({ type, status }) => /^Namespace/.test(type) && status === "True").map((each) => words(each));
    return {
      about,
      state: `is Terminating for ${roughly(nowMs - Date.parse(deletionTimestamp))}`,
      because: [...left, ...(holders.length > 0 ? [`finalizers wait: ${holders.join(", ")}`] : []), ...said],
      todo: ["let whoever set them finish; removing one by hand skips the clean-up that it stands for"],
    };
  }
  const bad = conditions.filter(
    ({ type, status }) => (good.includes(type) && status !== "True") || (type === "Failed" && status === "True"),
  );
  if (bad.length > 0 || said.length > 0)
    return {
      about,
      state: bad.length > 0 ? `has ${bad.map(({ type, status }) => `${type}=${status}`).join(", ")}` : "has warnings",
      because: [...bad.map((each) => `${each.type}: ${words(each)}`), ...said],
      todo: [],
    };
  const ready = condition(object, "Ready") ?? condition(object, "Available");
  return { about, state: ready ? `is ${ready.type}` : "has nothing that is known to be wrong", fine: true, because: [], todo: [] };
}
