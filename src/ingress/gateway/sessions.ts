/** Sessions of a rule: a client that was answered by an endpoint stays with it, by a cookie or a header that it sends again. Pure. */
import { createHash } from "node:crypto";
import { type Fields, isToken } from "../http/head.ts";
import { cookieOf, valueNamed } from "../proxy/rules.ts";
import type { HttpRule } from "./kinds.ts";

export interface Sessions {
  by: "cookie" | "header";
  /** Of the cookie or, in lower case, of the header. */
  name: string;
  /** A session is over so long after it began; 0: never. */
  mostMs: number;
  /** The cookie outlives the browser that has it. */
  isPermanent: boolean;
}

/** `durationMs` throws for texts that are no durations. What is wrong is returned as a text. */
export function sessionsOf(
  { sessionName, absoluteTimeout, type = "Cookie", cookieConfig }: NonNullable<HttpRule["sessionPersistence"]>,
  { rule, durationMs }: { rule: string; durationMs: (text: string) => number },
): Sessions | string {
  const isPermanent = cookieConfig?.lifetimeType === "Permanent";
  if (type !== "Cookie" && type !== "Header") return `sessionPersistence of type ${type}`;
  if (type === "Header" && cookieConfig) return "sessionPersistence of type Header with cookieConfig";
  if (isPermanent && absoluteTimeout === undefined) return "a permanent session without absoluteTimeout";
  const usual = `gateway-session-${createHash("sha256").update(rule).digest("hex").slice(0, 8)}`;
  const name = sessionName ?? usual;
  if (!isToken(name)) return `sessionName ${name}`;
  const mostMs = absoluteTimeout === undefined ? 0 : durationMs(absoluteTimeout);
  return { by: type === "Cookie" ? "cookie" : "header", name: type === "Header" ? name.toLowerCase() : name, mostMs, isPermanent };
}

/** The token of the endpoint that the client was with; undefined: there is no session, or it is over. */
export function sessionIn({ by, name, mostMs }: Sessions, fields: Fields, nowMs: number): string | undefined {
  const text = by === "cookie" ? cookieOf(fields, name) : valueNamed(fields, name);
  const [, token, began = ""] = /^([0-9a-f]{32})\.([0-9a-z]{1,10})$/.exec(text ?? "") ?? [];
  const ageMs = nowMs - Number.parseInt(began, 36) * 1000;
  return mostMs > 0 && (ageMs < 0 || ageMs >= mostMs) ? undefined : token;
}

/** What the answer says of a session that begins. */
export function beginning(
  { by, name, mostMs, isPermanent }: Sessions,
  token: string,
  { nowMs, secure }: { nowMs: number; secure: boolean },
): Fields {
  const text = `${token}.${Math.floor(nowMs / 1000).toString(36)}`;
  if (by === "header") return [name, text];
  const lives = isPermanent ? `; Max-Age=${Math.ceil(mostMs / 1000)}` : "";
  return ["Set-Cookie", `${name}=${text}; Path=/${lives}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`];
}
