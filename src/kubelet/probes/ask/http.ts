/** A GET request, for probes and hooks: from 200 to 399 is well. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Container } from "#api/mod.ts";
import { type Clock, hostPort } from "#base/mod.ts";
import type { Outcome } from "../judge.ts";
import { dialError, portOf } from "./port-of.ts";

interface HttpAction {
  path?: string;
  port?: number | string;
  host?: string;
  scheme?: string;
  httpHeaders?: { name?: string; value?: string }[];
}

export function httpGet(
  action: HttpAction,
  at: { ip: string; container: Pick<Container, "ports"> },
  timeoutMs: number,
  clock: Clock,
): Promise<Outcome> {
  const secure = action.scheme === "HTTPS";
  const host = action.host || at.ip;
  const port = portOf(action.port, at.container);
  const path = action.path?.startsWith("/") ? action.path : `/${action.path ?? ""}`;
  const url = `${secure ? "https" : "http"}://${hostPort(host, port)}${path}`;
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.36", accept: "*/*" };
  for (const { name = "", value = "" } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const send = secure ? httpsRequest : httpRequest;
    const request = send({ host, port, path, headers, agent: false, ...(secure ? { rejectUnauthorized: false } : {}) });
    const timer = clock.after(timeoutMs, () => {
      resolve({ ok: false, message: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)` });
      request.destroy();
    });
    request.once("error", (error) => {
      timer.cancel();
      resolve({ ok: false, message: `Get "${url}": ${dialError(error, host, port)}` });
    });
    request.once("response", (response) => {
      timer.cancel();
      response.resume();
      response.once("close", () => request.destroy());
      const code = response.statusCode ?? 0;
      resolve(code >= 200 && code < 400 ? { ok: true } : { ok: false, message: `HTTP probe failed with statuscode: ${code}` });
    });
    request.end();
  });
}
