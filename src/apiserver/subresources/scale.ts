/** The scale of whatever has replicas: read, written, patched and applied in a form of its own, kept in its object. */
import { managerName, type Served } from "#api/mod.ts";
import { formatSelector, labelSelectorFrom } from "#codec/mod.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import type { Answer, ResourceCall } from "../request/call.ts";
import { badRequest, invalid } from "../request/errors.ts";
import { tracked } from "../write/managed-fields.ts";
import { appliedOver } from "../write/patch.ts";
import { type Change, stamp, update, type WriteContext } from "../write/write.ts";

interface ScaleBody {
  kind: "Scale";
  apiVersion: "autoscaling/v1";
  metadata: Stored["metadata"];
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

export function scaleOf(definition: Served, { object }: Pick<ObjectRecord, "object">): ScaleBody {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const own = definition.rules.scale?.read(object);
  if (own)
    return {
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: own.replicas ? { replicas: own.replicas } : {},
      status: { replicas: own.current, ...(own.selector ? { selector: own.selector } : {}) },
    };
  const spec = (object.spec ?? {}) as { replicas?: number; selector?: unknown };
  const status = (object.status ?? {}) as { replicas?: number };
  const selector =
    definition.resource === "replicationcontrollers"
      ? { matchLabels: (spec.selector ?? {}) as Record<string, string> }
      : (spec.selector as object | undefined);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status.replicas ?? 0, ...(selector ? { selector: formatSelector(labelSelectorFrom(selector)) } : {}) },
  };
}

/** PUT and PATCH of a scale: `make` turns the scale of now into the one wanted, or into what a manager has to say of it. */
export async function writeScale(
  context: WriteContext,
  call: ResourceCall,
  change: Change,
  make: (scale: ScaleBody) => unknown,
  applying?: { manager: string; force: boolean },
): Promise<Answer> {
  const { definition } = call;
  const answer = await update(context, {
    ...change,
    retries: true,
    make: (old) => {
      const scale = make(scaleOf(definition, old)) as ScaleBody;
      if (scale?.kind !== "Scale") throw badRequest(`the body of a scale must be a Scale, got ${JSON.stringify(scale?.kind ?? "")}`);
      if (scale.metadata?.name !== undefined && scale.metadata.name !== change.name)
        throw badRequest(`the name of the object (${scale.metadata.name}) does not match the name on the URL (${change.name})`);
      const replicas = scale.spec?.replicas ?? 0;
      if (!Number.isInteger(replicas) || replicas < 0)
        throw invalid({ group: "autoscaling", resource: "Scale" }, change.name, [
          {
            type: "FieldValueInvalid",
            field: "spec.replicas",
            message: `spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`,
          },
        ]);
      if (applying) return applied(definition, old, scale, { ...applying, time: stamp(context.clock) });
      const object = old.copy();
      if (definition.rules.scale) definition.rules.scale.write(object, replicas);
      else (object.spec as { replicas: number }).replicas = replicas;
      const version = scale.metadata?.resourceVersion;
      object.metadata.resourceVersion = version || String(old.revision);
      const { fieldManager = "" } = change.options as { fieldManager?: string };
      const manager = managerName(fieldManager, (call.request.headers["user-agent"] as string | undefined) ?? "");
      return tracked(definition, object, old.object, { manager, subresource: "scale", time: stamp(context.clock) });
    },
  });
  if (answer.kind === "record") return { kind: "object", status: answer.status, object: scaleOf(definition, answer.record) };
  if (answer.kind === "object")
    return { kind: "object", status: answer.status, object: scaleOf(definition, { object: answer.object as Stored }) };
  return answer;
}

/** What a Scale says is said of the object that has the replicas: its managers are those of the object. */
function applied(definition: Served, old: ObjectRecord, scale: ScaleBody, by: { manager: string; force: boolean; time: string }): Stored {
  const { apiVersion, kind, rules } = definition;
  const { name } = old.object.metadata;
  const said = { apiVersion, kind, metadata: { name }, spec: {} } as Stored;
  const replicas = scale.spec?.replicas;
  if (replicas !== undefined && rules.scale) rules.scale.write(said, replicas);
  else if (replicas !== undefined) said.spec = { replicas };
  const object = appliedOver(definition, old.object, { ...by, applied: said, subresource: "scale" }) as Stored;
  const version = scale.metadata?.resourceVersion;
  if (version) object.metadata.resourceVersion = version;
  return object;
}
