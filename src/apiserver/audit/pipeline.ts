/** How the audit log hears of a request: who sent it, what was decided, when its answer began, what it was, and when it ended. */

import type { Decision, Exchange, RequestInfo, User } from "../contract.ts";
import { encode } from "../http/encode.ts";
import { type Accepted, negotiate } from "../http/negotiate.ts";
import { offerOf } from "../http/views.ts";
import type { Answer, AuditTrail, Call, ServerRequest } from "../request/call.ts";
import { ApiError, internal } from "../request/errors.ts";
import type { Audit } from "./assemble.ts";
import type { AuditEvent } from "./event.ts";

const streaming = new Set(["proxy", "exec", "attach", "portforward", "log"]);
const isLong = ({ verb, subresource }: RequestInfo) => verb === "watch" || verb === "proxy" || streaming.has(subresource);

/** A request, and what is recorded of it: nothing of most when the policy wants it so, and of none without an audit log. */
export interface Audited {
  info: RequestInfo;
  event?: AuditEvent;
  /** Of a request whose sender nobody knows. */
  unknown?: AuditEvent;
}

/** Who asks. Rejects with 500 where the request shall not be served because it cannot be recorded. */
export function enter(audit: Audit | undefined, request: ServerRequest, asked: Audited, identify: Identify): Promise<User> {
  return audit ? entered(audit, request, asked, identify) : identify(request);
}

type Identify = (request: ServerRequest) => Promise<User>;

async function entered(audit: Audit, request: ServerRequest, asked: Audited, identify: Identify): Promise<User> {
  let user: User;
  try {
    user = await identify(request);
  } catch (error) {
    asked.unknown = audit.begin(request, asked.info, undefined);
    throw error;
  }
  asked.event = audit.begin(request, asked.info, user);
  if (asked.event && !(await asked.event.stage("RequestReceived"))) throw internal("failed to store audit event");
  return user;
}

/** The call is told of its event, and the event of the call's stream. */
export function follow(call: Call, { event }: Audited): Call {
  if (!event) return call;
  return Object.assign(call, { audit: event, request: watched(call.request, event) });
}

export function annotateDecision(audit: AuditTrail | undefined, { allowed, reason = "", error }: Decision): void {
  if (error && !allowed) return audit?.annotate("authorization.k8s.io/reason", "internal error");
  audit?.annotate("authorization.k8s.io/decision", allowed ? "allow" : "forbid");
  audit?.annotate("authorization.k8s.io/reason", reason);
}

/** The request, of which it is noticed when its answer begins to stream. */
function watched(request: ServerRequest, event: AuditEvent): ServerRequest {
  const { exchange } = request;
  return exchange ? { ...request, exchange: (query) => watchedExchange(exchange(query), event) } : request;
}

function watchedExchange(exchange: Exchange, event: AuditEvent): Exchange {
  const { upgrade } = exchange;
  if (upgrade) {
    const { socket } = upgrade;
    const write = socket.write;
    // What is written first is the answer's head, whoever writes it.
    socket.write = ((...args: Parameters<typeof write>) => {
      socket.write = write;
      const head = Buffer.isBuffer(args[0]) ? args[0].toString("latin1", 0, 32) : String(args[0]);
      void event.began(Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? 101));
      return write.apply(socket, args);
    }) as typeof write;
  }
  return {
    ...exchange,
    respond(status, headers) {
      if (isLong(event.info)) void event.began(status);
      else event.setStatus({ code: status });
      return exchange.respond(status, headers);
    },
  };
}

/** Resolves when it is recorded; a watch's end is recorded when it comes. */
export async function finish({ event, unknown }: Audited, request: ServerRequest, answer: Answer, now: number): Promise<void> {
  if (unknown) {
    noteStatus(unknown, answer);
    if (unknown.wants("RequestResponse")) noteObject(unknown, request, answer, now);
    await unknown.began(answer.status);
  }
  if (!event) return;
  if (answer.kind === "watch") {
    await event.began(answer.status);
    answer.source.ended = () => void event.complete(answer.status);
    answer.headers = { "audit-id": event.id, ...answer.headers };
    return;
  }
  noteStatus(event, answer);
  if (event.wants("RequestResponse")) noteObject(event, request, answer, now);
  if (answer.kind === "taken") {
    if (isLong(event.info) && !event.hasBegun) {
      event.setStatus({ status: "Success", message: "Connection closed early" });
      await event.began(answer.status);
    }
  } else if (isLong(event.info)) await event.began(answer.status);
  await event.complete(answer.status);
}

function noteStatus(event: AuditEvent, answer: Answer): void {
  if (answer.kind === "object" && answer.object.kind === "Status") event.setStatus(answer.object as never);
  answer.headers = { "audit-id": event.id, ...answer.headers };
}

function noteObject(event: AuditEvent, request: ServerRequest, answer: Answer, now: number): void {
  if (answer.kind === "watch" || answer.kind === "taken") return;
  if (answer.kind === "bytes") {
    const isDiscovery = /^\/apis?(\/|$)/.test(event.info.path) && /json/.test(answer.contentType);
    if (isDiscovery && answer.bytes.length > 0) event.answered(answer.bytes.toString());
    return;
  }
  let accepted: Accepted;
  try {
    accepted = negotiate(request.headers.accept as string | undefined, offerOf(answer));
  } catch (error) {
    // It is not to be had in a form that the client takes: that is what the client is told.
    if (error instanceof ApiError && answer.status < 400) event.setStatus({ code: error.code });
    return;
  }
  const includeObject = new URLSearchParams(request.url.split("?")[1] ?? "").get("includeObject") ?? "Metadata";
  const { body } = encode(answer, { accepted: { ...accepted, media: "json", pretty: false }, pretty: false, includeObject, now });
  event.answered((Buffer.isBuffer(body) ? body : Buffer.concat([...body])).toString().trimEnd());
}
