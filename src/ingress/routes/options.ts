/** What a route does beyond host, path and backend: what annotations ask for, read. */
import type { BlockList } from "node:net";
import type { BasicAuth } from "../auth/users.ts";
import type { Patience } from "../http/call.ts";
import type { Retrying } from "../proxy/again.ts";
import type { Canary } from "./canary.ts";

export type Protocol = "HTTP" | "HTTPS" | "GRPC" | "GRPCS";

export interface Sticky {
  cookie: string;
  /** All that follows the value, from `; Path=` on. */
  attributes: string;
  /** Only to clients that came by TLS. */
  secure: "always" | "tls";
  /** A client whose endpoint fails stays with the one that answered instead. */
  changesOnFailure: boolean;
}

export interface Cors {
  /** Origins, `*` or with a star for one label. */
  origins: string[];
  methods: string;
  headers: string;
  credentials: boolean;
  expose: string | undefined;
  maxAgeSeconds: number;
}

/** Of one client address. 0: none. */
export interface Limits {
  connections: number;
  perSecond: number;
  perMinute: number;
  burst: number;
  exempt: BlockList | undefined;
}

export interface Options {
  patience: Patience;
  /** 0: no limit. */
  mostBodyBytes: number;
  /** Of plain HTTP to TLS: where the host has TLS, everywhere, nowhere. */
  toTls: "where it is" | "always" | "never";
  redirect: { to: string; status: number } | undefined;
  /** Where `/` leads. */
  appRoot: string | undefined;
  /** The path that the backend sees; `$1` and so on are groups of the route's pattern. */
  rewrite: string | undefined;
  /** Paths that the implementation decides are patterns. */
  patterns: boolean;
  protocol: Protocol;
  /** The host that the backend sees. */
  backendHost: string | undefined;
  forwardedPrefix: string | undefined;
  aliases: string[];
  sticky: Sticky | undefined;
  allow: BlockList | undefined;
  deny: BlockList | undefined;
  cors: Cors | undefined;
  limits: Limits | undefined;
  auth: BasicAuth | undefined;
  /** `namespace/name` of a ConfigMap: fields that every answer has. */
  headers: string | undefined;
  /** Undefined: asked again is only what nobody can have acted upon. */
  again: (Retrying & { anyMethod: boolean }) | undefined;
  /** This Ingress has no routes of its own: it takes requests from another one's. */
  canary: Canary | undefined;
  /** A client that is with an endpoint of one side stays on that side. */
  stickyCanary: boolean;
  /** Why no request may be let through: something that guards is asked for and cannot be given. */
  refusal: string | undefined;
}

export const plainOptions: Options = Object.freeze({
  patience: { connectMs: 5000, readMs: 60_000, sendMs: 60_000 },
  mostBodyBytes: 0,
  toTls: "where it is",
  redirect: undefined,
  appRoot: undefined,
  rewrite: undefined,
  patterns: false,
  protocol: "HTTP",
  backendHost: undefined,
  forwardedPrefix: undefined,
  aliases: [],
  sticky: undefined,
  allow: undefined,
  deny: undefined,
  cors: undefined,
  limits: undefined,
  auth: undefined,
  headers: undefined,
  again: undefined,
  canary: undefined,
  stickyCanary: true,
  refusal: undefined,
});
