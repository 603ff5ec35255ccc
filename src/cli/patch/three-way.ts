/** Chooses the kind of three-way patch that a resource allows and computes it. */

import type { Session } from "../connect/session.ts";
import type { NamedTarget } from "../input/builder.ts";
import { lastApplied } from "../input/write-flags.ts";
import type { KObject } from "../print/values.ts";
import { applyStrategic, threeWayMerge, threeWayStrategic } from "./strategic-patch.ts";

export type Json = Record<string, unknown>;

export interface ThreeWay {
  patch: Json;
  type: "strategic" | "merge";
  applyLocally(object: Json, patch: Json): Json;
}

/** The difference between the live object and the manifest (which carries its annotation already). */
export async function threeWayPatch(
  session: Session,
  target: Pick<NamedTarget, "resource">,
  at: { modified: KObject; live: KObject },
): Promise<ThreeWay> {
  const { modified, live } = at;
  const original = JSON.parse(live.metadata.annotations?.[lastApplied] || "{}") as Json;
  const found = await strategicSchema(session, target);
  if (!found) {
    return {
      patch: threeWayMerge(original, modified as Json, live as Json),
      type: "merge",
      applyLocally: (object, patch) => applyStrategic(object, patch, undefined, undefined),
    };
  }
  const { schemas, schema } = found;
  return {
    patch: threeWayStrategic(original, modified as Json, live as Json, schemas, schema),
    type: "strategic",
    applyLocally: (object, patch) => applyStrategic(object, patch, schemas, schema),
  };
}

/** The schema of a kind that takes strategic merge patches; undefined for custom resources. */
export async function strategicSchema(session: Session, { resource }: Pick<NamedTarget, "resource">) {
  const { openApi, Schemas } = await import("../connect/openapi.ts");
  const document = await openApi(session, resource);
  if (!document) return undefined;
  const schemas = new Schemas(document);
  const schema = schemas.ofKind(resource.group, resource.version, resource.kind);
  return schema && takesStrategic(document, resource.kind) ? { schemas, schema } : undefined;
}

interface Operation {
  "x-kubernetes-group-version-kind"?: { kind: string };
  requestBody?: { content?: Record<string, unknown> };
}

function takesStrategic(document: { paths?: Record<string, unknown> }, kind: string): boolean {
  return Object.values(document.paths ?? {}).some((path) => {
    const patch = (path as { patch?: Operation }).patch;
    return (
      patch?.["x-kubernetes-group-version-kind"]?.kind === kind &&
      patch.requestBody?.content?.["application/strategic-merge-patch+json"] !== undefined
    );
  });
}
