/** From a path to what it means: pure. */
import { isName } from "./names.ts";
import { Refusal } from "./refusal.ts";

export type Route =
  | { kind: "base" }
  | { kind: "catalog" }
  | { kind: "uploads"; name: string }
  | { kind: "upload"; name: string; id: string }
  | { kind: "blob"; name: string; digest: string }
  | { kind: "manifest"; name: string; reference: string }
  | { kind: "tags"; name: string }
  | { kind: "referrers"; name: string; digest: string };

/** `path`: decoded, without the query. Undefined: no path of this API. Throws NAME_INVALID. */
export function readRoute(path: string): Route | undefined {
  if (path === "/v2" || path === "/v2/") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  const words = path.startsWith("/v2/") ? path.slice(4).split("/") : [];
  const from = (count: number) => named(words.slice(0, -count).join("/"));
  const [third = "", second = "", last = ""] = words.slice(-3);
  if (words.length >= 4 && second === "uploads" && third === "blobs")
    return last === "" ? { kind: "uploads", name: from(3) } : { kind: "upload", name: from(3), id: last };
  if (words.length < 3) return undefined;
  if (second === "blobs" && last === "uploads") return { kind: "uploads", name: from(2) };
  if (second === "blobs") return { kind: "blob", name: from(2), digest: last };
  if (second === "manifests") return { kind: "manifest", name: from(2), reference: last };
  if (second === "tags" && last === "list") return { kind: "tags", name: from(2) };
  if (second === "referrers") return { kind: "referrers", name: from(2), digest: last };
  return undefined;
}

function named(name: string): string {
  if (isName(name)) return name;
  throw new Refusal("NAME_INVALID", `${JSON.stringify(name)} cannot be the name of a repository`);
}

/** What of `size` bytes a header `Range` asks for, both ends included; undefined: all of it. Throws where it asks for none of them. */
export function readRange(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  if (first > last)
    throw new Refusal("SIZE_INVALID", `the range ${header} is outside of ${size} bytes`, {
      status: 416,
      headers: { "content-range": `bytes */${size}` },
    });
  return { first, last };
}
