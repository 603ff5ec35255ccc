/** The OpenAPI documents as they are served: JSON or protobuf, each with the tag by which clients know that they have it already. */
import { createHash } from "node:crypto";
import { type OpenApi, openapiProtobuf } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Answer, Call } from "../request/call.ts";
import { noSuchPath } from "../request/errors.ts";

type Document = NonNullable<ReturnType<OpenApi["v3"]>>;
type Form = "json" | "protobuf";

interface Written {
  bytes: Buffer;
  hash: string;
}

const kept = new WeakMap<Document, Partial<Record<Form, Written>>>();

/** Documents are made anew when the kinds change; until then each form is written once. */
function writtenOf(document: Document, form: Form): Written {
  let own = kept.get(document);
  if (!own) kept.set(document, (own = {}));
  own[form] ??= write(form === "json" ? Buffer.from(JSON.stringify(document)) : Buffer.from(openapiProtobuf(document)));
  return own[form];
}

const write = (bytes: Buffer): Written => ({ bytes, hash: createHash("sha512").update(bytes).digest("hex").toUpperCase() });

/** What other servers say of their own kinds. */
export interface RemoteDocuments {
  /** By name, such as `apis/metrics.k8s.io/v1beta1`: the link under which this server passes the document on. */
  v3(): Readonly<Record<string, { serverRelativeURL: string }>>;
  /** Undefined: the document is none of theirs. */
  relay(name: string, call: Call): Promise<Answer> | undefined;
  /** The server's own document with theirs in it. */
  v2(own: Document): Document;
}

interface Documents {
  openapi: OpenApi;
  elsewhere?: RemoteDocuments;
  clock: Clock;
}

export async function openapiPage(
  { openapi: documents, elsewhere, clock }: Documents,
  call: Call,
  [, which, ...rest]: string[],
): Promise<Answer> {
  if (which === "v2" && rest.length === 0) return answer(call, elsewhere?.v2(documents.v2()) ?? documents.v2(), "v2");
  if (which !== "v3") throw noSuchPath();
  if (rest.length === 0) {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const path of documents.v3Paths()) {
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${writtenOf(documents.v3(path)!, "json").hash}` };
      // Nearly fifty documents: others have their turn in between.
      await clock.turn();
    }
    return tagged(call, write(Buffer.from(JSON.stringify({ paths: { ...paths, ...elsewhere?.v3() } }))), "application/json");
  }
  const theirs = elsewhere?.relay(rest.join("/"), call);
  if (theirs) return theirs;
  const found = documents.v3(rest.join("/"));
  if (!found) throw noSuchPath();
  return answer(call, found, "v3");
}

function answer(call: Call, document: Document, version: "v2" | "v3"): Answer {
  const form = accepted(String(call.request.headers.accept ?? ""), version);
  // Upstream says no more than the code here.
  if (!form) return { kind: "bytes", status: 406, contentType: "", bytes: Buffer.alloc(0), headers: { vary: "Accept" } };
  const type = form === "json" ? "application/json" : `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
  return tagged(call, writtenOf(document, form), type);
}

function tagged({ request }: Call, { bytes, hash }: Written, contentType: string): Answer {
  const headers = { etag: `"${hash}"`, vary: "Accept" };
  const known = String(request.headers["if-none-match"] ?? "")
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""));
  if (known.includes(headers.etag) || known.includes("*"))
    return { kind: "bytes", status: 304, contentType: "", bytes: Buffer.alloc(0), headers };
  return { kind: "bytes", status: 200, contentType, bytes, headers };
}

/** The form that the client wants most, of the two; undefined: it wants neither. Both spellings of the protobuf type are in use. */
export function accepted(accept: string, version: "v2" | "v3"): Form | undefined {
  if (accept.trim() === "") return "json";
  const clauses = accept
    .split(",")
    .map((clause) => clause.split(";").map((part) => part.trim()))
    .map(([type = "", ...parameters]) => ({
      type: type.toLowerCase(),
      quality: Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1),
    }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { type } of clauses) {
    if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
    if (type === `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`) return "protobuf";
    if (type === `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`) return "protobuf";
  }
  return undefined;
}
