/** Which form the client can read and which it sent: JSON, YAML, protobuf, and the table and metadata-only views of each. */

import type { PatchType } from "#api/mod.ts";
import { noRepresentation, notAcceptable, unsupportedMedia, unsupportedPatch } from "../request/errors.ts";

export type Media = "json" | "yaml" | "protobuf";
export type View = "object" | "table" | "partial" | "partialList";

export interface Accepted {
  media: Media;
  view: View;
  /** Of a view, when it is not v1. */
  version?: "v1beta1";
  pretty: boolean;
}

const mediaTypes: Record<Media, string> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};
export const allMediaTypes = Object.values(mediaTypes);
const streamTypes = ["application/json", "application/vnd.kubernetes.protobuf"];

/** The content type of an answer; `;stream=watch` is what protobuf clients look for on watches. */
export function contentTypeOf(accepted: Accepted, stream = false): string {
  const type = mediaTypes[accepted.media];
  return stream && accepted.media === "protobuf" ? `${type};stream=watch` : type;
}

const viewNames = { table: "Table", partial: "PartialObjectMetadata", partialList: "PartialObjectMetadataList" } as const;
const served: Media[] = ["json", "yaml", "protobuf"];
const plain: Accepted = { media: "json", view: "object", pretty: false };
const remembered = new Map<string, Accepted>();

export interface Offer {
  views: View[];
  stream?: boolean;
  /** A list that could be watched, too. */
  watchable?: boolean;
  media?: Media[];
  /** What the object itself can be written as, when its views can be written as more. */
  whole?: Media[];
}

export function negotiate(accept: string | undefined, options: Offer): Accepted {
  if (accept === undefined || accept === "" || accept === "application/json" || accept === "*/*") return plain;
  const id = `${options.views.join()}|${options.stream ?? ""}|${options.media?.join() ?? ""}|${options.whole?.join() ?? ""}|${accept}`;
  const known = remembered.get(id);
  if (known) return known;
  const found = choose(accept, options);
  // Clients send a handful of forms; an inventive one must not fill memory.
  if (remembered.size < 500) remembered.set(id, found);
  return found;
}

function choose(accept: string, { views, stream, watchable, media = served, whole = media }: Offer): Accepted {
  const clauses = accept
    .split(",")
    .map((clause, order) => ({ ...parseMediaType(clause), order }))
    .sort((a, b) => quality(b.params) - quality(a.params) || a.order - b.order);
  for (const { type, params } of clauses) {
    const chosen = mediaOf(type);
    if (!chosen || !media.includes(chosen) || (stream && chosen === "yaml") || quality(params) === 0) continue;
    const view = viewOf(params, views);
    if (view && (view !== "object" || whole.includes(chosen)))
      return {
        media: chosen,
        view,
        ...(view !== "object" && params.get("v") === "v1beta1" && { version: "v1beta1" as const }),
        pretty: params.get("pretty") === "1" || params.get("pretty") === "true",
      };
  }
  if (!clauses.some(({ type }) => mediaOf(type)))
    throw noRepresentation([
      ...media.map((name) => mediaTypes[name]),
      ...(watchable ? streamTypes.map((type) => `${type};stream=watch`) : []),
    ]);
  throw notAcceptable(stream ? streamTypes : media.map((name) => mediaTypes[name]));
}

function viewOf(params: Map<string, string>, views: View[]): View | undefined {
  const as = params.get("as");
  if (as === undefined) return "object";
  if (params.get("g") !== "meta.k8s.io" || (params.get("v") !== "v1" && params.get("v") !== "v1beta1")) return undefined;
  return views.find((view) => view !== "object" && viewNames[view] === as);
}

function quality(params: Map<string, string>): number {
  const q = params.get("q");
  return q === undefined ? 1 : Number(q) || 0;
}

function mediaOf(type: string): Media | undefined {
  switch (type) {
    case "application/json":
    case "*/*":
    case "application/*":
      return "json";
    case "application/yaml":
      return "yaml";
    case "application/vnd.kubernetes.protobuf":
      return "protobuf";
    default:
      return undefined;
  }
}

function parseMediaType(text: string): { type: string; params: Map<string, string> } {
  const [type = "", ...rest] = text.split(";");
  const params = new Map<string, string>();
  for (const part of rest) {
    const at = part.indexOf("=");
    if (at > 0)
      params.set(
        part.slice(0, at).trim().toLowerCase(),
        part
          .slice(at + 1)
          .trim()
          .replace(/^"|"$/g, ""),
      );
  }
  return { type: type.trim().toLowerCase(), params };
}

/** The form of a request's body. Absent means JSON. */
export function bodyMedia(contentType: string | undefined): Media {
  if (!contentType || contentType === "application/json") return "json";
  const { type } = parseMediaType(contentType);
  const media = type === "*/*" ? undefined : mediaOf(type);
  if (!media) throw unsupportedMedia(allMediaTypes);
  return media;
}

const patchTypes: Record<string, PatchType> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

/** `taken`: what the kind takes; not every kind knows strategic merges. */
export function patchType(contentType: string | undefined, taken: readonly PatchType[]): PatchType {
  const { type } = parseMediaType(contentType ?? "");
  const kind = Object.hasOwn(patchTypes, type) ? patchTypes[type] : undefined;
  if (kind && taken.includes(kind)) return kind;
  // What takes every kind of patch is refused by upstream's router, the rest by its codecs.
  if (!kind && taken.includes("strategic")) throw unsupportedPatch();
  throw unsupportedMedia(Object.keys(patchTypes).filter((name) => taken.includes(patchTypes[name]!)));
}
