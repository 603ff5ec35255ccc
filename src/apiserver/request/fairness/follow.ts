/** Hands the stored FlowSchemas and PriorityLevelConfigurations to the server, and writes on each schema whether its level exists. */
import { type FlowSchema, flowschemas, type KubeObject, type PriorityLevelConfiguration, prioritylevelconfigurations } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Storage } from "../../contract.ts";
import type { Fairness } from "./fairness.ts";

/** Changes that come together are read together. */
const settleMs = 50;

/** Returns the way to stop. */
export function followFlowControl(storage: Storage, fairness: Fairness, clock: Clock, log: Log): () => void {
  let stopped = false;
  let pending = false;
  const read = () => {
    pending = false;
    if (stopped) return;
    const schemas = storage.list(flowschemas) as FlowSchema[];
    const levels = storage.list(prioritylevelconfigurations) as PriorityLevelConfiguration[];
    fairness.configure(schemas, levels);
    const names = new Set(levels.map(({ metadata }) => metadata.name));
    for (const schema of schemas) {
      tell(storage, schema, names, clock).catch((error) =>
        log.warn("the status of a FlowSchema could not be written", { name: schema.metadata.name, error: messageOf(error) }),
      );
    }
  };
  const later = () => {
    if (pending) return;
    pending = true;
    clock.after(settleMs, read, { background: true });
  };
  const stops = [storage.subscribe(flowschemas, later), storage.subscribe(prioritylevelconfigurations, later)];
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}

type Condition = NonNullable<NonNullable<FlowSchema["status"]>["conditions"]>[number];

/** Upstream's condition: Dangling, whose words say what was looked for. */
export function danglingOf(schema: FlowSchema, levels: ReadonlySet<string | undefined>, now: number): Condition {
  const name = schema.spec?.priorityLevelConfiguration?.name ?? "";
  const found = levels.has(name);
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  return {
    type: "Dangling",
    status: found ? "False" : "True",
    lastTransitionTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    reason: found ? "Found" : "NotFound",
    message: found ? `${about} and it exists` : `${about} but there is no such object`,
  };
}

async function tell(storage: Storage, schema: FlowSchema, levels: ReadonlySet<string | undefined>, clock: Clock): Promise<void> {
  const wanted = danglingOf(schema, levels, clock.now());
  const isTold = ({ status }: FlowSchema) =>
    (status?.conditions ?? []).some(
      (each) =>
        each.type === wanted.type && each.status === wanted.status && each.reason === wanted.reason && each.message === wanted.message,
    );
  if (isTold(schema)) return;
  const change = (object: KubeObject) => {
    const now = object as FlowSchema;
    if (isTold(now)) return undefined;
    const others = (now.status?.conditions ?? []).filter(({ type }) => type !== wanted.type);
    return { ...now, status: { ...now.status, conditions: [...others, wanted] } } as KubeObject;
  };
  await storage.update(flowschemas, { name: schema.metadata.name ?? "" }, change, {
    manager: "api-priority-and-fairness-config-consumer-v1",
    subresource: "status",
    operation: "Apply",
  });
}
