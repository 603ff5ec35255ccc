/** What becomes of a request by its route's options before any backend is asked, and what its answer gets. Pure. */
import { createHash } from "node:crypto";
import type { BlockList } from "node:net";
import type { BasicAuth } from "../auth/users.ts";
import type { Client } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import type { Request } from "../http/message.ts";
import type { Cors, Options, Sticky } from "../routes/options.ts";
import type { Route } from "../routes/table.ts";

/** An answer of the proxy's own. */
export interface Verdict {
  status: number;
  why: string;
  fields?: Fields;
}

/** `path` is the comparable one. Undefined: go on. */
export function verdictOf(route: Route, { request, client, path, knows }: Asked & { knows: Knows }): Verdict | undefined {
  const { options } = route;
  if (options.refusal !== undefined) return { status: 503, why: options.refusal };
  const isHere = isLetIn(options, client.address);
  if (!isHere && !options.auth?.either) return { status: 403, why: "this address may not" };
  const moved = movedTo(route, { request, client, path });
  if (moved) return { status: moved.status, why: moved.to, fields: ["Location", moved.to] };
  const preflight = options.cors && request.method === "OPTIONS" ? corsFields(options.cors, originOf(request.fields), true) : undefined;
  if (preflight) return { status: 204, why: "", fields: preflight };
  const asks =
    options.auth && !(isHere && options.auth.either && (options.allow || options.deny))
      ? challenge(options.auth, request, knows)
      : undefined;
  if (asks) return asks;
  if (options.mostBodyBytes > 0 && request.length !== "unknown" && request.length > options.mostBodyBytes)
    return { status: 413, why: "the body is too large" };
  return undefined;
}

/** Whether the users of this name are known, and one of them has this field `Authorization`. */
export type Knows = (auth: BasicAuth, authorization: string | undefined) => boolean | "nobody";

function challenge(auth: BasicAuth, request: Request, knows: Knows): Verdict | undefined {
  const known = knows(auth, valueNamed(request.fields, "authorization"));
  if (known === "nobody") return { status: 503, why: "the users of this route are not known" };
  return known
    ? undefined
    : { status: 401, why: "a name and a password are needed", fields: ["WWW-Authenticate", `Basic realm="${auth.realm}"`] };
}

function isLetIn({ allow, deny }: Options, address: string): boolean {
  const has = (block: BlockList) => block.check(address, address.includes(":") ? "ipv6" : "ipv4");
  return !(deny && has(deny)) && (!allow || has(allow));
}

interface Asked {
  request: Request;
  client: Client;
  path: string;
}

function movedTo({ options, hasTls }: Route, { request, client, path }: Asked): { to: string; status: number } | undefined {
  const { toTls, redirect, appRoot } = options;
  if (!client.secure && (toTls === "always" || (toTls === "where it is" && hasTls))) {
    const host = request.authority.replace(/:\d*$/, "");
    return { to: `https://${host}${request.target}`, status: 308 };
  }
  if (redirect) return redirect;
  return appRoot !== undefined && path === "/" && appRoot !== "/" ? { to: appRoot, status: 302 } : undefined;
}

/** Path and query that the backend sees. */
export function targetFor(route: Route, target: string, path: string): string {
  const { rewrite } = route.options;
  if (rewrite === undefined) return target;
  const query = target.indexOf("?");
  const matcher = route.pattern?.matcher(path);
  const isMatch = matcher?.lookingAt() ?? false;
  const made = rewrite.replace(/\$(\d)/g, (_, digit: string) => {
    const group = Number(digit);
    return isMatch && matcher && group <= matcher.groupCount() ? (matcher.group(group) ?? "") : "";
  });
  // What was decoded to be compared is written again as a path may have it.
  const encoded = encodeURI(made).replace(/[?#]/g, encodeURIComponent);
  return `${encoded.startsWith("/") ? "" : "/"}${encoded}${query < 0 ? "" : target.slice(query)}`;
}

export function originOf(fields: Fields): string | undefined {
  return valueNamed(fields, "origin");
}

/** Undefined: the origin is not among those that may. */
export function corsFields(cors: Cors, origin: string | undefined, isPreflight: boolean): Fields | undefined {
  if (origin === undefined) return undefined;
  const isAny = cors.origins.includes("*");
  if (!isAny && !cors.origins.some((each) => isOrigin(each, origin))) return undefined;
  const fields: Fields = ["Access-Control-Allow-Origin", isAny ? "*" : origin];
  if (!isAny) fields.push("Vary", "Origin");
  if (cors.credentials) fields.push("Access-Control-Allow-Credentials", "true");
  if (isPreflight)
    fields.push(
      "Access-Control-Allow-Methods",
      cors.methods,
      "Access-Control-Allow-Headers",
      cors.headers,
      "Access-Control-Max-Age",
      String(cors.maxAgeSeconds),
    );
  else if (cors.expose !== undefined) fields.push("Access-Control-Expose-Headers", cors.expose);
  return fields;
}

/** A star stands for the first label: `https://*.example.com`. */
function isOrigin(known: string, origin: string): boolean {
  const star = known.indexOf("*");
  if (star < 0) return known === origin;
  const [before, after] = [known.slice(0, star), known.slice(star + 1)];
  const middle = origin.slice(before.length, origin.length - after.length);
  return origin.startsWith(before) && origin.endsWith(after) && /^[A-Za-z0-9-]+$/.test(middle);
}

/** What a client's cookie of this name says; of a sticky one the token of the endpoint that it was with. */
export function cookieOf(fields: Fields, cookie: string): string | undefined {
  for (const each of (valueNamed(fields, "cookie") ?? "").split(";")) {
    const equals = each.indexOf("=");
    if (equals > 0 && each.slice(0, equals).trim() === cookie) return each.slice(equals + 1).trim();
  }
  return undefined;
}

export function stickyFields({ cookie, attributes, secure }: Sticky, token: string, client: Client): Fields {
  return ["Set-Cookie", `${cookie}=${token}${attributes}${secure === "always" || client.secure ? "; Secure" : ""}`];
}

/** Says nothing of the address itself. */
export const tokenOf = (backend: string, endpoint: string): string =>
  createHash("sha256").update(`${backend} ${endpoint}`).digest("hex").slice(0, 32);

/** The first field of that name, which is in lower case. */
export function valueNamed(fields: Fields, name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2)
    if (fields[at]!.length === name.length && fields[at]!.toLowerCase() === name) return fields[at + 1];
  return undefined;
}
