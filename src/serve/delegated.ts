/**
 * Delegated authentication and authorization: who calls is told by a client certificate, or by the API server's answer about a
 * token; what they may do is the API server's answer too. Answers are remembered for a short time, and in bounded number.
 */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { type SubjectAccessReview, subjectaccessreviews, type TokenReview, tokenreviews } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { HttpError } from "./http-error.ts";

export interface Caller {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, string[]>;
}

/** What is asked for: a resource of the API, or a path of this port. */
export type Asked = { verb: string; resource: string; subresource: string; name: string } | { verb: string; path: string };

export interface Delegated {
  /** Rejects with 401. */
  identify(request: IncomingMessage): Promise<Caller>;
  allows(caller: Caller, asked: Asked): Promise<boolean>;
}

const allowedMs = 10_000;
const tokenMs = 10_000;
const mostRemembered = 1024;

export interface DelegatedOptions {
  /** Tells whose token it is; absent: nobody has one. */
  client: Client | undefined;
  /** Tells what they may; absent: the same. */
  authorizer?: Client | undefined;
  clock: Clock;
  audiences?: string[];
  /** As upstream's controller manager and scheduler: who shows nothing is nobody in particular, and administrators need not be asked about. */
  asUpstream?: { allowedMs: number; tokenMs: number };
}

const nobody: Caller = { name: "system:anonymous", groups: ["system:unauthenticated"] };

export function delegated({ client, clock, audiences, asUpstream, ...options }: DelegatedOptions): Delegated {
  const authorizer = "authorizer" in options ? options.authorizer : client;
  const allowed = remember<true>(clock, asUpstream?.allowedMs ?? allowedMs);
  const callers = remember<Caller>(clock, asUpstream?.tokenMs ?? tokenMs);
  return {
    async identify(request) {
      const known = callerOf(request.socket as TLSSocket);
      if (known) return known;
      const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
      if (!token && asUpstream && !request.headers.authorization) return nobody;
      if (!token || !client) throw new HttpError(401, "Unauthorized");
      const before = callers.get(token);
      if (before) return before;
      const review: TokenReview = await client.create(tokenreviews, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        metadata: {},
        spec: { token, ...(audiences ? { audiences } : {}) },
      });
      if (!review.status?.authenticated) throw new HttpError(401, "Unauthorized");
      const { username = "", uid, groups = [], extra } = review.status.user ?? {};
      const caller: Caller = {
        name: username,
        groups,
        ...(uid ? { uid } : {}),
        ...(extra ? { extra: extra as Record<string, string[]> } : {}),
      };
      callers.set(token, caller);
      return caller;
    },
    async allows(caller, asked) {
      if (asUpstream && caller.groups.includes("system:masters")) return true;
      if (!authorizer) return false;
      // JSON keeps the parts apart: no name can be made that reads as another question.
      const question = JSON.stringify([caller, asked]);
      if (allowed.get(question)) return true;
      const attributes = "path" in asked ? { nonResourceAttributes: asked } : { resourceAttributes: { ...asked, version: "v1" } };
      const review: SubjectAccessReview = await authorizer.create(subjectaccessreviews, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: {},
        spec: { user: caller.name, groups: [...caller.groups], uid: caller.uid, extra: caller.extra, ...attributes },
      });
      if (review.status?.allowed !== true) return false;
      allowed.set(question, true);
      return true;
    },
  };
}

/** By certificate, which TLS has checked against the clients' authority. */
function callerOf(socket: TLSSocket): Caller | undefined {
  if (!socket.authorized) return undefined;
  const { CN, O } = (socket.getPeerCertificate().subject ?? {}) as { CN?: string; O?: string | string[] };
  return CN ? { name: CN, groups: [...(O ? [O].flat() : []), "system:authenticated"] } : undefined;
}

function remember<T>(clock: Clock, forMs: number): { get(key: string): T | undefined; set(key: string, value: T): void } {
  const entries = new Map<string, { value: T; untilMs: number }>();
  return {
    get(key) {
      const found = entries.get(key);
      return found && found.untilMs > clock.monotonic() ? found.value : undefined;
    },
    set(key, value) {
      // Oldest first out.
      if (entries.size >= mostRemembered) entries.delete(entries.keys().next().value!);
      entries.delete(key);
      entries.set(key, { value, untilMs: clock.monotonic() + forMs });
    },
  };
}
