/**
 * Reads the annotations of nginx's controller that are obeyed here: a table, one line each. Values become data and never text of
 * a configuration. What is not in the table is told of; what would guard a backend, and is not in it, closes the route.
 */
import type { BasicAuth } from "../auth/users.ts";
import { isToken } from "../http/head.ts";
import type { Canary } from "./canary.ts";
import { type Cors, type Limits, type Options, type Protocol, plainOptions, type Sticky } from "./options.ts";
import { Bad, flag, hostName, line, list, nextUpstream, number, objectName, path, pattern, ranges, seconds, size, url } from "./values.ts";

export interface Complaint {
  annotation: string;
  why: string;
}

export interface ReadOptions {
  options: Options;
  complaints: Complaint[];
}

const prefix = "nginx.ingress.kubernetes.io/";

type Draft = { -readonly [K in keyof Options]: Options[K] } & {
  stickyParts: Partial<Record<"on" | "name" | "path" | "domain" | "expires" | "maxAge" | "sameSite" | "secure" | "change", string>>;
  corsParts: Partial<Cors> & { on?: boolean };
  limitParts: Partial<Limits> & { multiplier?: number };
  authParts: Partial<BasicAuth> & { on?: boolean };
  canaryParts: Partial<Canary> & { on?: boolean };
  againParts: { on?: NonNullable<Options["again"]>; tries?: number };
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
  "proxy-next-upstream": (value, draft) => {
    draft.againParts.on = nextUpstream(value);
  },
  "proxy-next-upstream-tries": (value, draft) => {
    if (number(value) < 1 || number(value) > 100) throw new Bad("it is not between 1 and 100");
    draft.againParts.tries = number(value);
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
  "auth-type": (value, draft) => {
    if (value !== "basic") throw new Bad('only "basic" is known');
    draft.authParts.on = true;
  },
  "auth-secret": (value, draft) => {
    draft.authParts.secret = objectName(value);
  },
  "auth-secret-type": (value, draft) => {
    if (value !== "auth-file" && value !== "auth-map") throw new Bad('only "auth-file" and "auth-map" are known');
    draft.authParts.kind = value;
  },
  "auth-realm": (value, draft) => {
    draft.authParts.realm = line(value).replace(/["\\]/g, "\\$&");
  },
  "custom-headers": (value, draft) => {
    draft.headers = objectName(value);
  },
  satisfy: (value, draft) => {
    if (value !== "all" && value !== "any") throw new Bad('only "all" and "any" are known');
    draft.authParts.either = value === "any";
  },
  canary: (value, draft) => {
    draft.canaryParts.on = flag(value);
  },
  "canary-by-header": (value, draft) => {
    if (!isToken(value)) throw new Bad("it is no name of a header");
    draft.canaryParts.header = value.toLowerCase();
  },
  "canary-by-header-value": (value, draft) => {
    draft.canaryParts.value = line(value);
  },
  "canary-by-header-pattern": (value, draft) => {
    draft.canaryParts.pattern = pattern(value);
  },
  "canary-by-cookie": (value, draft) => {
    if (!isToken(value)) throw new Bad("it is no name of a cookie");
    draft.canaryParts.cookie = value;
  },
  "canary-weight": (value, draft) => {
    draft.canaryParts.weight = number(value);
  },
  "canary-weight-total": (value, draft) => {
    if (number(value) < 1) throw new Bad("it is less than 1");
    draft.canaryParts.total = number(value);
  },
  "affinity-canary-behavior": (value, draft) => {
    if (value !== "sticky" && value !== "legacy") throw new Bad('only "sticky" and "legacy" are known');
    draft.stickyCanary = value === "sticky";
  },
};

/** What keeps requests out, checks them or sends only some of them: without it no request may be led. */
const guards =
  /^(auth-|custom-headers$|satisfy$|canary|enable-global-auth|global-rate-limit|(enable-)?modsecurity|enable-owasp|.*-snippet$)/;
/** A guard that cannot be read closes the route too. */
const isGuard = (name: string) => guards.test(name) || /-source-range$|^limit-/.test(name);

/** `namespace`: of the Ingress. */
export function optionsOf(given: Readonly<Record<string, string>> = {}, namespace = ""): ReadOptions {
  const names = Object.keys(given).filter((name) => name.startsWith(prefix));
  if (names.length === 0) return { options: plainOptions, complaints: [] };
  const draft: Draft = { ...plainOptions, stickyParts: {}, corsParts: {}, limitParts: {}, authParts: {}, canaryParts: {}, againParts: {} };
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
  const missing = draft.refusal === undefined ? unguarded(draft, namespace) : undefined;
  if (missing) {
    draft.refusal = `annotation ${prefix}${missing.name}: ${missing.why}`;
    complaints.push({ annotation: prefix + missing.name, why: `${missing.why}; requests get 503 while it is set` });
  }
  return { options: finished(draft, namespace), complaints };
}

/** What asks for passwords or for fields of answers, and cannot have them. */
function unguarded({ authParts: { on, secret }, headers }: Draft, namespace: string): { name: string; why: string } | undefined {
  if (on && secret === undefined) return { name: "auth-type", why: "it needs auth-secret" };
  if (!on && secret !== undefined) return { name: "auth-secret", why: "it needs auth-type" };
  const isOther = (name: string | undefined) => name?.includes("/") && !name.startsWith(`${namespace}/`);
  if (isOther(headers)) return { name: "custom-headers", why: "it is a ConfigMap of another namespace" };
  return isOther(secret) ? { name: "auth-secret", why: "it is a Secret of another namespace" } : undefined;
}

const keyIn = (namespace: string, name: string): string => (name.includes("/") ? name : `${namespace}/${name}`);

function finished(draft: Draft, namespace: string): Options {
  const { stickyParts, corsParts, limitParts, authParts, canaryParts, againParts, redirectCode: code, ...rest } = draft;
  return {
    ...rest,
    redirect: rest.redirect && code !== undefined ? { ...rest.redirect, status: code } : rest.redirect,
    sticky: stickyOf(stickyParts),
    cors: corsOf(corsParts),
    limits: limitsOf(limitParts),
    auth: authOf(authParts, namespace),
    headers: rest.headers === undefined ? undefined : keyIn(namespace, rest.headers),
    canary: canaryOf(canaryParts),
    again: againOf(againParts),
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

function authOf({ on, secret, ...parts }: Draft["authParts"], namespace: string): BasicAuth | undefined {
  if (!on || secret === undefined) return undefined;
  return { kind: "auth-file", realm: "", either: false, ...parts, secret: keyIn(namespace, secret) };
}

/** The first time counts as a try, three are nginx's. */
function againOf({ on, tries = 3 }: Draft["againParts"]): Options["again"] {
  return on && tries > 1 && on.codes.size + on.failures.size > 0 ? { ...on, attempts: tries - 1 } : undefined;
}

function canaryOf({ on, ...parts }: Draft["canaryParts"]): Canary | undefined {
  if (!on) return undefined;
  return { weight: 0, total: 100, header: undefined, value: undefined, pattern: undefined, cookie: undefined, ...parts };
}

function redirectCode(value: string, draft: Draft): void {
  const code = number(value);
  if (code < 300 || code > 308) throw new Bad("it is no status of a redirect");
  draft.redirectCode = code;
}
