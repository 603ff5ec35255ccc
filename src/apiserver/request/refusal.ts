/** What went wrong as an answer, and who may not do what as an error. */
import { type Log, messageOf } from "#base/mod.ts";
import { StoreError } from "#store/mod.ts";
import type { RequestInfo, User } from "../contract.ts";
import type { Answer, Call } from "./call.ts";
import { ApiError, forbidden, internal, storeRefusal } from "./errors.ts";

export function refusal(error: unknown, call: (Pick<Call, "info"> & { user?: User }) | undefined, log: Log): Answer {
  if (error instanceof StoreError) return refusal(storeRefusal(error), call, log);
  if (error instanceof ApiError) return { kind: "object", status: error.code, object: error.status as never, headers: retryHeader(error) };
  log.error("a request failed in the server", {
    path: call?.info.path,
    verb: call?.info.verb,
    user: call?.user?.name,
    error: messageOf(error),
    stack: (error as Error)?.stack,
  });
  return { kind: "object", status: 500, object: internal(messageOf(error)).status as never };
}

function retryHeader({ status }: ApiError): Record<string, string> | undefined {
  const seconds = status.details?.retryAfterSeconds;
  return seconds ? { "retry-after": String(seconds) } : undefined;
}

export function forbiddenTo(user: User, info: RequestInfo, reason: string | undefined): ApiError {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`;
  const because = reason ? `: ${reason}` : "";
  if (!info.isResource) return forbidden({ group: "", resource: "" }, "", `${who} path ${JSON.stringify(info.path)}${because}`);
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  const where = info.namespace ? ` in the namespace ${JSON.stringify(info.namespace)}` : " at the cluster scope";
  return forbidden(
    { group: info.group, resource: info.resource },
    info.name,
    `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)}${where}${because}`,
  );
}
