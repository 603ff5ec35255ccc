/** Subresources that change or show their object in a form of their own: binding, eviction, approval, finalize. */
import type { Served } from "#api/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { noAdmission } from "../admission/chain.ts";
import { bodyMedia } from "../http/negotiate.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import { readBody } from "../request/body.ts";
import type { Answer, ResourceCall } from "../request/call.ts";
import { badRequest, conflict, failure, internal, notFound, tooManyRequests } from "../request/errors.ts";
import { deleteOptions, writeOptions } from "../request/options.ts";
import { remove } from "../write/delete.ts";
import { wholeObject } from "../write/resets.ts";
import { admit, attributesOf, type Change, stamp, update, validateAdmission, type WriteContext } from "../write/write.ts";

/** POST of a Binding: the pod gets its node, once. */
export async function bind(context: WriteContext, call: ResourceCall, pods: Served, name: string, binding: Stored): Promise<Answer> {
  const options = writeOptions(call.query, "CreateOptions");
  const about = { group: "", resource: "pods/binding" };
  const target = (binding.target ?? {}) as { kind?: string; name?: string };
  const wrong = [
    ...(target.kind && target.kind !== "Node"
      ? [`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`]
      : []),
    ...(target.name ? [] : ["target.name: Required value"]),
  ];
  // Upstream's storage hands the list on as it is.
  if (wrong.length > 0) throw failure(500, "", wrong.length > 1 ? `[${wrong.join(", ")}]` : wrong[0]!);
  const change: Change = {
    call,
    definition: pods,
    subresource: "binding",
    namespace: call.info.namespace,
    name,
    dryRun: options.dryRun,
    options: { ...options },
  };
  const attributes = attributesOf(change, "CREATE", binding);
  attributes.kind = { group: "", version: "v1", kind: "Binding" };
  await admit(context, attributes);
  await validateAdmission(context, attributes);
  await update(
    { ...context, admission: noAdmission },
    {
      ...change,
      retries: true,
      make: (old) => {
        const { object } = old;
        const { uid, resourceVersion } = binding.metadata ?? {};
        if (uid && uid !== object.metadata.uid)
          throw conflict(about, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`);
        if (resourceVersion && resourceVersion !== object.metadata.resourceVersion)
          throw conflict(
            about,
            name,
            `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${object.metadata.resourceVersion}`,
          );
        const spec = object.spec as { nodeName?: string; schedulingGates?: unknown[] };
        if (object.metadata.deletionTimestamp) throw conflict(about, name, `pod ${name} is being deleted, cannot be assigned to a host`);
        if (spec.nodeName) throw conflict(about, name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
        if (spec.schedulingGates?.length) throw conflict(about, name, `pod ${name} has non-empty .spec.schedulingGates`);
        const copy = old.copy();
        (copy.spec as { nodeName: string }).nodeName = target.name!;
        // Labels come from admission too: the node's zone and region.
        const { annotations, labels } = binding.metadata ?? {};
        if (annotations) copy.metadata.annotations = { ...copy.metadata.annotations, ...annotations };
        if (labels) copy.metadata.labels = { ...copy.metadata.labels, ...labels };
        const status = (copy.status ??= {}) as { conditions?: Record<string, unknown>[]; nominatedNodeName?: string };
        delete status.nominatedNodeName;
        const scheduled: Record<string, unknown> = {
          type: "PodScheduled",
          status: "True",
          lastProbeTime: null,
          lastTransitionTime: stamp(context.clock),
        };
        status.conditions = [...(status.conditions ?? []).filter((condition) => condition.type !== "PodScheduled"), scheduled];
        return copy;
      },
    },
  );
  return { kind: "object", status: 201, object: success() as never };
}

const success = () => ({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });

/** POST of an Eviction: a delete that asks the pod's disruption budgets first. */
export async function evict(context: WriteContext, call: ResourceCall, budgets: Served, eviction: Stored): Promise<Answer> {
  const { definition, info } = call;
  const query = writeOptions(call.query, "CreateOptions");
  if (eviction.metadata?.name && eviction.metadata.name !== info.name)
    throw badRequest(`name in URL does not match name in Eviction object: ${info.name} vs ${eviction.metadata.name}`);
  const options = deleteOptions(eviction.deleteOptions, new URLSearchParams());
  options.dryRun ||= query.dryRun;
  const record = context.cacheOf(definition).get(info.namespace, info.name);
  if (!record) throw notFound(definition, info.name);
  const change: Change = {
    call,
    definition,
    subresource: "eviction",
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { ...options },
  };
  const attributes = attributesOf(change, "CREATE", eviction);
  attributes.kind = { group: "policy", version: "v1", kind: "Eviction" };
  await admit(context, attributes);
  await validateAdmission(context, attributes);
  if (needsBudget(record)) await spendBudget(context, call, budgets, record, options.dryRun);
  if (!options.dryRun) await markDisrupted(context, change);
  await remove({ ...context, admission: noAdmission }, { ...change, subresource: "" }, options);
  return { kind: "object", status: 201, object: success() as never };
}

/** Whoever looks at the pod afterwards sees that it was evicted and did not fail by itself. */
async function markDisrupted(context: WriteContext, change: Change): Promise<void> {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: stamp(context.clock),
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const make = (old: ObjectRecord) => {
    const copy = old.copy();
    const status = (copy.status ??= {}) as { conditions?: { type?: string }[] };
    status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== condition.type), condition];
    return copy;
  };
  await update({ ...context, admission: noAdmission }, { ...change, subresource: wholeObject, retries: true, make });
}

function needsBudget({ object }: ObjectRecord): boolean {
  const phase = (object.status as { phase?: string } | undefined)?.phase;
  return phase !== "Succeeded" && phase !== "Failed" && phase !== "Pending" && !object.metadata.deletionTimestamp;
}

interface BudgetStatus {
  observedGeneration?: number;
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
  disruptedPods?: Record<string, string>;
}

async function spendBudget(context: WriteContext, call: ResourceCall, budgets: Served, pod: ObjectRecord, dryRun: boolean): Promise<void> {
  const { namespace = "", name = "" } = pod.object.metadata;
  const matching: ObjectRecord[] = [];
  context.cacheOf(budgets).scan(namespace, (record) => {
    const { selector } = record.object.spec as { selector?: object };
    if (selector && matchesLabels(labelSelectorFrom(selector), pod.labels)) matching.push(record);
  });
  if (matching.length > 1)
    throw failure(500, "InternalError", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  const budget = matching[0];
  if (!budget) return;
  const spec = budget.object.spec as { unhealthyPodEvictionPolicy?: string };
  const ready = ((pod.object.status as { conditions?: { type?: string; status?: string }[] }).conditions ?? []).some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  const current = (budget.object.status ?? {}) as BudgetStatus;
  if (
    !ready &&
    (spec.unhealthyPodEvictionPolicy === "AlwaysAllow" ||
      ((current.currentHealthy ?? 0) >= (current.desiredHealthy ?? 0) && (current.desiredHealthy ?? 0) > 0))
  )
    return;
  const budgetName = budget.object.metadata.name!;
  await update(
    { ...context, admission: noAdmission },
    {
      call: { ...call, warnings: [] },
      definition: budgets,
      subresource: "status",
      namespace,
      name: budgetName,
      dryRun,
      options: {},
      retries: true,
      make: (old) => {
        const copy = old.copy();
        const status = (copy.status ??= {}) as BudgetStatus;
        if ((status.observedGeneration ?? 0) < (copy.metadata.generation ?? 0))
          throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, {
            causes: [
              { reason: "DisruptionBudget", message: `The disruption budget ${budgetName} is still being processed by the server.` },
            ],
          });
        if ((status.disruptionsAllowed ?? 0) <= 0)
          throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, {
            causes: [
              {
                reason: "DisruptionBudget",
                message: `The disruption budget ${budgetName} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
              },
            ],
          });
        status.disruptionsAllowed = status.disruptionsAllowed! - 1;
        status.disruptedPods = { ...status.disruptedPods, [name]: stamp(context.clock) };
        return copy;
      },
    },
  );
}

export async function objectBody(call: ResourceCall): Promise<Stored> {
  const { request } = call;
  const value = request.object
    ? structuredClone(request.object)
    : await readBody(await request.body(), bodyMedia(request.headers["content-type"] as string | undefined));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest("the body of the request must be an object");
  const { group, version, subresources } = call.definition;
  const declared = subresources.find(({ name }) => name === call.info.subresource);
  const of = { group: declared?.group ?? group, version: declared?.version ?? version };
  call.audit?.sent({ kind: declared?.kind, apiVersion: of.group === "" ? of.version : `${of.group}/${of.version}`, ...value });
  return value as Stored;
}

export { internal };
