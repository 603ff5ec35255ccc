/** Chooses the kind of three-way patch that a resource allows and computes it. */

import { parseExact } from "#codec/exact-integers.ts";
import { applyMergePatch, createThreeWayJsonMergePatch } from "#codec/merge-patch.ts";
import { createThreeWayMergePatch } from "#codec/strategic/diff.ts";
import { type PatchLookup, patchMeta, strategicMerge } from "#codec/strategic/merge.ts";
import type { Schema, Schemas } from "../connect/openapi.ts";
import type { Session } from "../connect/session.ts";
import type { NamedTarget } from "../input/builder.ts";
import { lastApplied } from "../input/write-flags.ts";
import type { KObject } from "../print/values.ts";

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
  const original = parseExact(live.metadata.annotations?.[lastApplied] || "{}") as Json;
  const found = await strategicLookup(session, target);
  if (!found) {
    return {
      patch: createThreeWayJsonMergePatch(original, modified as Json, live as Json),
      type: "merge",
      applyLocally: (object, patch) => applyMergePatch(object, patch) as Json,
    };
  }
  return {
    patch: createThreeWayMergePatch(found, original, modified as Json, live as Json),
    type: "strategic",
    applyLocally: (object, patch) => strategicMerge(found, object, patch),
  };
}

/** What a strategic merge must know of a kind that takes such patches; undefined for custom resources. */
export async function strategicLookup(session: Session, { resource }: Pick<NamedTarget, "resource">): Promise<PatchLookup | undefined> {
  const { openApi, Schemas } = await import("../connect/openapi.ts");
  const document = await openApi(session, resource);
  if (!document) return undefined;
  const schemas = new Schemas(document);
  const schema = schemas.ofKind(resource.group, resource.version, resource.kind);
  return schema && takesStrategic(document, resource.kind) ? openApiLookup(schemas, schema) : undefined;
}

/** A field that the document does not know merges as an object and is replaced as a list. */
export function openApiLookup(schemas: Schemas, schema: Schema | undefined): PatchLookup {
  return {
    field(name) {
      const field = schemas.property(schema, name);
      if (!field) return undefined;
      const inner = schemas.resolve(field);
      return patchMeta(
        field["x-kubernetes-patch-strategy"],
        field["x-kubernetes-patch-merge-key"],
        openApiLookup(schemas, inner?.items ? schemas.resolve(inner.items) : inner),
      );
    },
  };
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
