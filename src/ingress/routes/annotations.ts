/**
 * Reads the annotations of nginx's controller that are obeyed here: a table, one line each. Values become data and never text of
 * a configuration. What is not in the table is told of; what would guard a backend, and is not in it, closes the route.
 */
import { BlockList, isIP } from "node:net";
import { isToken } from "../http/head.ts";
import { type Cors, type Limits, type Options, type Protocol, plainOptions, type Sticky } from "./options.ts";

export interface Complaint {
  annotation: string;
  why: string;
}

export interface ReadOptions {
  options: Options;
  complaints: Complaint[];
}

const prefix = "nginx.ingress.kubernetes.io/";

/** Refused by a name and a reason; what is asked for stays as if it had not been. */
class Bad extends Error {
  override name = "Bad";
}

type Draft = { -readonly [K in keyof Options]: Options[K] } & {
  stickyParts: Partial<Record<"on" | "name" | "path" | "domain" | "expires" | "maxAge" | "sameSite" | "secure" | "change", string>>;
  corsParts: Partial<Cors> & { on?: boolean };
  limitParts: Partial<Limits> & { multiplier?: number };
  redirectCode?: number;
};

type Read = (value: string, draft: Draft) => void;

/** The list in the README follows this one. */
export const annotations: Readonly<Record<string, Read>> = {
  "ssl-redirect": (value, draft) => {
    if (draft.toTls !== "always") draft.toTls = flag(value) ? "where it is" : "never";
  },
  "force-ssl-redirect": (value, draft) => {
    if (flag(value)) draft.toTls = "always";
  },
  "permanent-redirect": (value, draft) => {
    draft.redirect = { to: url(value), status: draft.redirectCode ?? 301 };
  },
  "permanent-redirect-code": (value, draft) => redirectCode(value, draft),
  "temporal-redirect": (value, draft) => {
    draft.redirect ??= { to: url(value), status: draft.redirectCode ?? 302 };
  },
  "temporal-redirect-code": (value, draft) => redirectCode(value, draft),
  "app-root": (value, draft) => {
    draft.appRoot = path(value);
  },
  "rewrite-target": (value, draft) => {
    draft.rewrite = path(value);
    draft.patterns = true;
  },
  "use-regex": (value, draft) => {
    draft.patterns ||= flag(value);
  },
  "proxy-body-size": (value, draft) => {
    draft.mostBodyBytes = size(value);
  },
  "proxy-connect-timeout": (value, draft) => {
    draft.patience = { ...draft.patience, connectMs: seconds(value, 75) };
  },
  "proxy-read-timeout": (value, draft) => {
    draft.patience = { ...draft.patience, readMs: seconds(value, 86_400) };
  },
  "proxy-send-timeout": (value, draft) => {
    draft.patience = { ...draft.patience, sendMs: seconds(value, 86_400) };
  },
  "backend-protocol": (value, draft) => {
    const protocol = value.toUpperCase();
    if (!["HTTP", "HTTPS", "GRPC", "GRPCS"].includes(protocol)) throw new Bad("only HTTP, HTTPS, GRPC and GRPCS are spoken");
    draft.protocol = protocol as Protocol;
  },
  "upstream-vhost": (value, draft) => {
    draft.backendHost = hostName(value);
  },
  "x-forwarded-prefix": (value, draft) => {
    draft.forwardedPrefix = path(value);
  },
  "server-alias": (value, draft) => {
    draft.aliases = list(value).map(hostName);
  },
  "whitelist-source-range": (value, draft) => {
    draft.allow = ranges(value);
  },
  "allowlist-source-range": (value, draft) => {
    draft.allow = ranges(value);
  },
  "denylist-source-range": (value, draft) => {
    draft.deny = ranges(value);
  },
  affinity: (value, draft) => {
    if (value !== "cookie") throw new Bad('only "cookie" is known');
    draft.stickyParts.on = value;
  },
  "affinity-mode": (value) => {
    if (value !== "balanced" && value !== "persistent") throw new Bad('only "balanced" and "persistent" are known');
  },
  "session-cookie-name": (value, draft) => {
    if (!isToken(value)) throw new Bad("it is no name of a cookie");
    draft.stickyParts.name = value;
  },
  "session-cookie-path": (value, draft) => {
    draft.stickyParts.path = path(value);
  },
  "session-cookie-domain": (value, draft) => {
    draft.stickyParts.domain = hostName(value.replace(/^\./, ""));
  },
  "session-cookie-expires": (value, draft) => {
    draft.stickyParts.expires = String(number(value));
  },
  "session-cookie-max-age": (value, draft) => {
    draft.stickyParts.maxAge = String(number(value));
  },
  "session-cookie-samesite": (value, draft) => {
    if (!["None", "Lax", "Strict"].includes(value)) throw new Bad('only "None", "Lax" and "Strict" are known');
    draft.stickyParts.sameSite = value;
  },
  "session-cookie-secure": (value, draft) => {
    draft.stickyParts.secure = String(flag(value));
  },
  "session-cookie-change-on-failure": (value, draft) => {
    draft.stickyParts.change = String(flag(value));
  },
  "enable-cors": (value, draft) => {
    draft.corsParts.on = flag(value);
  },
  "cors-allow-origin": (value, draft) => {
    draft.corsParts.origins = list(value).map(line);
  },
  "cors-allow-methods": (value, draft) => {
    draft.corsParts.methods = line(value);
  },
  "cors-allow-headers": (value, draft) => {
    draft.corsParts.headers = line(value);
  },
  "cors-expose-headers": (value, draft) => {
    draft.corsParts.expose = line(value);
  },
  "cors-allow-credentials": (value, draft) => {
    draft.corsParts.credentials = flag(value);
  },
  "cors-max-age": (value, draft) => {
    draft.corsParts.maxAgeSeconds = number(value);
  },
  "limit-connections": (value, draft) => {
    draft.limitParts.connections = number(value);
  },
  "limit-rps": (value, draft) => {
    draft.limitParts.perSecond = number(value);
  },
  "limit-rpm": (value, draft) => {
    draft.limitParts.perMinute = number(value);
  },
  "limit-burst-multiplier": (value, draft) => {
    draft.limitParts.multiplier = number(value);
  },
  "limit-whitelist": (value, draft) => {
    draft.limitParts.exempt = ranges(value);
  },
};

/** What keeps requests out, checks them or sends only some of them: without it the route must not be open. */
const guards = /^(auth-|satisfy$|canary|enable-global-auth|global-rate-limit|(enable-)?modsecurity|enable-owasp|.*-snippet$)/;
/** A guard that cannot be read closes the route too. */
const isGuard = (name: string) => guards.test(name) || /-source-range$|^limit-/.test(name);

export function optionsOf(given: Readonly<Record<string, string>> = {}): ReadOptions {
  const names = Object.keys(given).filter((name) => name.startsWith(prefix));
  if (names.length === 0) return { options: plainOptions, complaints: [] };
  const draft: Draft = { ...plainOptions, stickyParts: {}, corsParts: {}, limitParts: {} };
  const complaints: Complaint[] = [];
  // In the table's order, so that what depends on another does not depend on how they were written.
  const order = Object.keys(annotations);
  const at = (name: string) => order.indexOf(name.slice(prefix.length));
  for (const annotation of names.sort((a, b) => at(a) - at(b))) {
    const name = annotation.slice(prefix.length);
    const read = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    let why = read ? undefined : guards.test(name) ? "it guards, and is not known here" : "it is not known here and does nothing";
    try {
      read?.(given[annotation]!.trim(), draft);
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      why = error.message;
    }
    if (why === undefined) continue;
    const closes = isGuard(name);
    if (closes) draft.refusal ??= `annotation ${annotation}: ${why}`;
    complaints.push({ annotation, why: closes ? `${why}; requests get 503 while it is set` : why });
  }
  return { options: finished(draft), complaints };
}

function finished({ stickyParts, corsParts, limitParts, redirectCode: code, ...rest }: Draft): Options {
  return {
    ...rest,
    redirect: rest.redirect && code !== undefined ? { ...rest.redirect, status: code } : rest.redirect,
    sticky: stickyOf(stickyParts),
    cors: corsOf(corsParts),
    limits: limitsOf(limitParts),
  };
}

function stickyOf(parts: Draft["stickyParts"]): Sticky | undefined {
  if (!parts.on) return undefined;
  const attributes = [
    `; Path=${parts.path ?? "/"}`,
    parts.domain ? `; Domain=${parts.domain}` : "",
    // Expires is said as Max-Age, which needs no clock and which every browser prefers.
    (parts.maxAge ?? parts.expires) ? `; Max-Age=${parts.maxAge ?? parts.expires}` : "",
    parts.sameSite ? `; SameSite=${parts.sameSite}` : "",
    "; HttpOnly",
  ].join("");
  return {
    cookie: parts.name ?? "INGRESSCOOKIE",
    attributes,
    secure: parts.secure === "true" ? "always" : "tls",
    changesOnFailure: parts.change === "true",
  };
}

function corsOf({ on, ...parts }: Draft["corsParts"]): Cors | undefined {
  if (!on) return undefined;
  return {
    origins: ["*"],
    methods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
    headers: "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
    credentials: true,
    expose: undefined,
    maxAgeSeconds: 1_728_000,
    ...parts,
  };
}

function limitsOf({ multiplier = 5, ...parts }: Draft["limitParts"]): Limits | undefined {
  const limits: Limits = { connections: 0, perSecond: 0, perMinute: 0, burst: multiplier, exempt: undefined, ...parts };
  return limits.connections || limits.perSecond || limits.perMinute ? limits : undefined;
}

function flag(value: string): boolean {
  if (!/^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value)) throw new Bad("it is neither true nor false");
  return /^[1tT]/.test(value);
}

function number(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Bad("it is no whole number");
  return Number(value);
}

function seconds(value: string, most: number): number {
  const text = value.replace(/s$/, "");
  if (number(text) < 1 || number(text) > most) throw new Bad(`it is not between 1 and ${most} seconds`);
  return number(text) * 1000;
}

function size(value: string): number {
  const [, digits, unit = ""] = /^(\d{1,9})([kKmMgG]?)$/.exec(value) ?? [];
  if (digits === undefined) throw new Bad("it is no size");
  const powers: Record<string, number> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };
  return Number(digits) * powers[unit.toLowerCase()]!;
}

function redirectCode(value: string, draft: Draft): void {
  const code = number(value);
  if (code < 300 || code > 308) throw new Bad("it is no status of a redirect");
  draft.redirectCode = code;
}

/** What stands in a header must be one line of plain characters. */
function line(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Bad("it has characters that no header may have");
  return value;
}

function path(value: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(value)) throw new Bad("it is no path");
  if (/[;"\\]/.test(value)) throw new Bad("it has characters that no path may have");
  return value;
}

function url(value: string): string {
  if (!/^(https?:\/\/|\/)[\x21-\x7e]+$/.test(value) || !URL.canParse(value, "http://host/")) throw new Bad("it is no URL");
  return value;
}

function hostName(value: string): string {
  if (!/^(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?(:\d{1,5})?$/.test(value)) throw new Bad("it is no host");
  return value.toLowerCase();
}

const list = (value: string): string[] =>
  value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");

/** Whoever cannot be read is nobody who is let in. */
function ranges(value: string): BlockList {
  const block = new BlockList();
  for (const each of list(value)) {
    const [address = "", bits] = each.split("/");
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)))
      throw new Bad(`${each} is no range of addresses`);
    block.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? "ipv6" : "ipv4");
  }
  if (list(value).length === 0) throw new Bad("it names no range");
  return block;
}
