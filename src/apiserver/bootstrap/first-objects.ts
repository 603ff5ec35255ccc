/** What every cluster holds from its first moment: namespaces, upstream's RBAC policy, priority and flow-control classes. */
import { readFileSync } from "node:fs";
import { builtInKinds, type KubeObject, type PolicyRule, type Subject } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import { byServer, type Storage, type WrittenAs } from "../contract.ts";
import { ApiError } from "../request/errors.ts";

const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";

/** What metrics-server brings with its API: whoever may view pods may view what they use. */
const metricsReader = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: {
    name: "system:aggregated-metrics-reader",
    labels: Object.fromEntries(["view", "edit", "admin"].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, "true"])),
  },
  rules: [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
};

const flowControl = "flowcontrol.apiserver.k8s.io";
const lookMs = 60_000;
/** Upstream has a client of its own for them. */
const flowControlProducer: WrittenAs = { ...byServer, manager: "api-priority-and-fairness-config-producer-v1" };

let parsed: KubeObject[] | undefined;

export function firstObjects(): KubeObject[] {
  parsed ??= JSON.parse(readFileSync(new URL("./first-objects.json", import.meta.url), "utf8")) as KubeObject[];
  return structuredClone([...parsed, metricsReader]);
}

/** What a ClusterRole of the bootstrap policy allows, whatever became of it in this cluster. */
export function bootstrapRules(clusterRole: string): PolicyRule[] {
  const role = firstObjects().find(({ kind, metadata }) => kind === "ClusterRole" && metadata.name === clusterRole) as Policy | undefined;
  if (!role) throw new Error(`the bootstrap policy has no ClusterRole ${clusterRole}`);
  return role.rules ?? [];
}

/** Creates what is missing and adds permissions that were taken away; what an operator added stays. */
export async function ensureFirstObjects(storage: Storage, log: Log): Promise<void> {
  const all = firstObjects();
  const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";
  await Promise.all(all.filter(isNamespace).map((object) => write(storage, object, log)));
  await Promise.all(all.filter((object) => !isNamespace(object)).map((object) => write(storage, object, log)));
}

/** Looks once a minute, as upstream, whether levels and schemas of flow control are there, and makes those that were deleted. Returns the way to stop. */
export function keepFlowControl(storage: Storage, clock: Clock, log: Log): () => void {
  const objects = firstObjects().filter(({ apiVersion }) => apiVersion.startsWith(flowControl));
  const timer = every(clock, lookMs, async () => {
    for (const object of objects) await write(storage, object, log);
  });
  return () => timer.cancel();
}

async function write(storage: Storage, object: KubeObject, log: Log): Promise<void> {
  try {
    await ensure(storage, object);
  } catch (error) {
    log.error("a first object could not be written", { kind: object.kind, name: object.metadata.name, error: messageOf(error) });
  }
}

async function ensure(storage: Storage, object: KubeObject): Promise<void> {
  const resource = builtInKinds.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  if (!resource) throw new Error(`${object.apiVersion} ${object.kind} is not a kind that this server serves`);
  const { namespace, name = "" } = object.metadata;
  const ref = { ...(namespace ? { namespace } : {}), name };
  const stored = storage.get(resource, ref);
  if (!stored) {
    try {
      await storage.create(resource, object, resource.group === flowControl ? flowControlProducer : byServer);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409)) throw error;
    }
    return;
  }
  if (!reconciled(stored, object)) return;
  await storage.update(resource, ref, (current) => reconciled(current, object), byServer);
}

type Policy = KubeObject & { rules?: PolicyRule[] | null; subjects?: Subject[]; aggregationRule?: object };

/** The stored role or binding with what it lacks; undefined when it lacks nothing, or when its owner switched updates off. */
export function reconciled(stored: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const [from, to] = [stored as Policy, wanted as Policy];
  if (!("rules" in to || "subjects" in to) || from.metadata.annotations?.[autoupdate] === "false") return undefined;
  const next: Policy = { ...from, metadata: { ...from.metadata } };
  let changed = false;
  for (const field of ["labels", "annotations"] as const) {
    const missing = Object.entries(to.metadata[field] ?? {}).filter(([key]) => from.metadata[field]?.[key] === undefined);
    if (missing.length === 0) continue;
    next.metadata[field] = { ...from.metadata[field], ...Object.fromEntries(missing) };
    changed = true;
  }
  if (!to.aggregationRule) {
    const rules = lacking(from.rules, to.rules);
    if (rules.length) next.rules = [...(from.rules ?? []), ...rules];
    changed ||= rules.length > 0;
  }
  const subjects = lacking(from.subjects, to.subjects);
  if (subjects.length) next.subjects = [...(from.subjects ?? []), ...subjects];
  return changed || subjects.length > 0 ? next : undefined;
}

function lacking<T extends object>(has: T[] | null | undefined, wanted: T[] | null | undefined): T[] {
  const known = new Set((has ?? []).map(canonical));
  return (wanted ?? []).filter((item) => !known.has(canonical(item)));
}

const canonical = (item: object) =>
  JSON.stringify(
    Object.entries(item)
      .filter(([, value]) => value !== "" && value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
