/** What the kubelet answers on port 10250: logs, and streams that the runtime serves; only to whom the API server allows. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type Pod, type SubjectAccessReview, subjectaccessreviews, type TokenReview, tokenreviews } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { newestOf } from "../pod/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { handOver } from "./hand-over.ts";
import { streamLog } from "./log-stream.ts";
import { summaryOf } from "./summary.ts";
import { type Streams, translate, translates } from "./websocket-streams.ts";

export interface KubeletServerOptions {
  address: string;
  port: number;
  cert: string;
  key: string;
  clientCa: string;
  client: Client;
  runtime: Runtime;
  podLogs: string;
  nodeName: string;
  pods(): Pod[];
  seen(uid: string): SeenPod | undefined;
  clock: Clock;
  log: Log;
}

export interface KubeletServer {
  close(): Promise<void>;
}

/** A refusal with its HTTP code. */
class HttpError extends Error {
  override name = "HttpError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Caller {
  name: string;
  groups: string[];
}

const allowedMs = 10_000;
const mostRemembered = 1024;

export async function serveKubelet(options: KubeletServerOptions): Promise<KubeletServer> {
  const { cert, key, clientCa: ca, log, clock } = options;
  const server: Server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.2" });
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.on("tlsClientError", (_, socket) => socket.destroy());
  const allowed = new Map<string, number>();

  const identify = async (request: IncomingMessage): Promise<Caller> => {
    const socket = request.socket as TLSSocket;
    if (socket.authorized) {
      const { CN, O } = socket.getPeerCertificate().subject as { CN?: string; O?: string | string[] };
      if (CN) return { name: CN, groups: [...(O ? [O].flat() : []), "system:authenticated"] };
    }
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (!token) throw new HttpError(401, "Unauthorized");
    const review: TokenReview = await options.client.create(tokenreviews, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token },
    });
    if (!review.status?.authenticated) throw new HttpError(401, "Unauthorized");
    return { name: review.status.user?.username ?? "", groups: review.status.user?.groups ?? [] };
  };

  const authorize = async (caller: Caller, method: string, path: string) => {
    const verb =
      ({ GET: "get", HEAD: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as Record<string, string>)[method] ??
      "get";
    const subresource = /^\/stats/.test(path)
      ? "stats"
      : /^\/metrics/.test(path)
        ? "metrics"
        : /^\/logs/.test(path)
          ? "log"
          : /^\/(healthz|pods|configz)/.test(path)
            ? "proxy"
            : "proxy";
    // Quoted: names and groups are chosen by others, and one answer must never stand for another question.
    const question = JSON.stringify([caller.name, caller.groups, verb, subresource]);
    const now = clock.monotonic();
    if ((allowed.get(question) ?? 0) > now) return;
    const review: SubjectAccessReview = await options.client.create(subjectaccessreviews, {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user: caller.name,
        groups: caller.groups,
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: options.nodeName },
      },
    });
    if (!review.status?.allowed)
      throw new HttpError(403, `Forbidden (user=${caller.name}, verb=${verb}, resource=nodes, subresource=[${subresource}])`);
    if (allowed.size >= mostRemembered) allowed.clear();
    allowed.set(question, now + allowedMs);
  };

  const admit = async (request: IncomingMessage): Promise<URL> => {
    const url = new URL(request.url ?? "/", "https://kubelet");
    await authorize(await identify(request), request.method ?? "GET", url.pathname);
    return url;
  };

  server.on("request", (request, response) => {
    admit(request)
      .then((url) => answer(url, request, response, options))
      .catch((error) => {
        if (response.headersSent) return response.destroy();
        response.writeHead(error instanceof HttpError ? error.code : 500, { "content-type": "text/plain; charset=utf-8" });
        response.end(`${messageOf(error)}\n`);
      });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    admit(request)
      .then(async (url) => {
        const what = url.pathname.split("/")[1] ?? "";
        const target = await streamUrl(url, options);
        if (translates(request, what)) await translate({ request, socket, head }, target, what, streamsOf(url.searchParams), clock);
        else await handOver({ request, socket, head }, target, clock);
      })
      .catch((error) => {
        const code = error instanceof HttpError ? error.code : 500;
        const text = `${messageOf(error)}\n`;
        socket.end(
          `HTTP/1.1 ${code} ${code === 404 ? "Not Found" : "Error"}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
        );
      });
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(options.port, options.address, () => {
      server.off("error", fail);
      server.on("error", (error) => log.warn("kubelet: server", { error: error.message }));
      done();
    });
  });
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function findPod(options: KubeletServerOptions, namespace: string, name: string): Pod {
  const pod = options.pods().find((each) => each.metadata.namespace === namespace && each.metadata.name === name);
  if (!pod) throw new HttpError(404, `pod does not exist: ${namespace}/${name} is not on node ${options.nodeName}`);
  return pod;
}

function containersOf(options: KubeletServerOptions, pod: Pod, name: string): SeenContainer[] {
  return (options.seen(pod.metadata.uid ?? "")?.containers ?? []).filter((container) => container.name === name);
}

async function answer(url: URL, request: IncomingMessage, response: ServerResponse, options: KubeletServerOptions): Promise<void> {
  const [, what = "", namespace = "", name = "", container = ""] = url.pathname.split("/").map(decodeURIComponent);
  const json = (value: unknown) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  switch (what) {
    case "healthz":
      response.writeHead(200, { "content-type": "text/plain" }).end("ok");
      return;
    case "pods":
    case "runningpods":
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: options.pods() });
    case "containerLogs":
      return logs(url, findPod(options, namespace, name), container, response, options);
    case "run": {
      const pod = findPod(options, namespace, name);
      const running = runningContainer(options, pod, container);
      const { stdout, stderr } = await options.runtime.exec(running.id, url.searchParams.getAll("cmd"), 60);
      response.writeHead(200, { "content-type": "text/plain" }).end(stdout + stderr);
      return;
    }
    case "stats":
      if (namespace === "summary") return json(await summaryOf(options));
      break;
    case "metrics":
      response
        .writeHead(200, { "content-type": "text/plain; version=0.0.4" })
        .end(`# TYPE kubelet_running_pods gauge\nkubelet_running_pods ${options.pods().length}\n`);
      return;
    case "exec":
    case "attach":
    case "portForward":
      throw new HttpError(400, `unable to upgrade: missing upgrade headers in request: ${JSON.stringify(request.headers.upgrade ?? "")}`);
  }
  throw new HttpError(404, `404 page not found: ${url.pathname}`);
}

async function logs(url: URL, pod: Pod, name: string, response: ServerResponse, options: KubeletServerOptions): Promise<void> {
  const query = url.searchParams;
  const isTrue = (key: string) => query.get(key) === "true" || query.get(key) === "1";
  const number = (key: string) => (query.has(key) ? Number(query.get(key)) : undefined);
  const own = containersOf(options, pod, name);
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (each) => each.name === name,
  );
  const lastId = status?.lastState?.terminated?.containerID?.replace("containerd://", "");
  // Of a container that waits to be started again the previous run is the newest one.
  const chosen = isTrue("previous") ? (own.find(({ id }) => id === lastId) ?? own[1]) : own[0];
  if (!chosen) {
    const state = pod.status?.containerStatuses?.find((status) => status.name === name)?.state?.waiting?.reason;
    if (isTrue("previous"))
      throw new HttpError(
        400,
        `previous terminated container ${JSON.stringify(name)} in pod ${JSON.stringify(pod.metadata.name)} not found`,
      );
    throw new HttpError(
      400,
      `container ${JSON.stringify(name)} in pod ${JSON.stringify(pod.metadata.name)} is waiting to start: ${state ?? "ContainerCreating"}`,
    );
  }
  const sinceSeconds = number("sinceSeconds");
  const sinceTime = query.get("sinceTime");
  const folder = `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`;
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  await streamLog({
    path: join(options.podLogs, folder, name, `${chosen.restartCount}.log`),
    out: response,
    follow: isTrue("follow"),
    timestamps: isTrue("timestamps"),
    tailLines: number("tailLines"),
    limitBytes: number("limitBytes"),
    sinceMs: sinceSeconds !== undefined ? options.clock.now() - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    stream: query.get("stream") ?? undefined,
    isRunning: () => containersOf(options, pod, name).find((container) => container.id === chosen.id)?.state === "running",
    clock: options.clock,
  });
  response.end();
}

function runningContainer(options: KubeletServerOptions, pod: Pod, name: string): SeenContainer {
  const container = newestOf(options.seen(pod.metadata.uid ?? "")?.containers ?? [], name);
  if (!container) throw new HttpError(404, `container not found (${JSON.stringify(name)})`);
  if (container.state !== "running") throw new HttpError(500, `container ${name} in pod ${pod.metadata.name} is not running`);
  return container;
}

function streamsOf(query: URLSearchParams): Streams {
  const flag = (key: string) => query.get(key) === "1" || query.get(key) === "true";
  return {
    tty: flag("tty"),
    stdin: flag("input") || flag("stdin"),
    stdout: flag("output") || flag("stdout"),
    stderr: (flag("error") || flag("stderr")) && !flag("tty"),
  };
}

/** Where the runtime serves this stream, on this node's loopback. */
async function streamUrl(url: URL, options: KubeletServerOptions): Promise<URL> {
  const [, what = "", namespace = "", name = "", container = ""] = url.pathname.split("/").map(decodeURIComponent);
  const query = url.searchParams;
  const pod = findPod(options, namespace, name);
  const streams = streamsOf(query);
  switch (what) {
    case "exec":
      return new URL(
        await options.runtime.execUrl({
          containerId: runningContainer(options, pod, container).id,
          cmd: query.getAll("command"),
          ...streams,
        }),
      );
    case "attach":
      return new URL(await options.runtime.attachUrl({ containerId: runningContainer(options, pod, container).id, ...streams }));
    case "portForward": {
      const sandbox = options.seen(pod.metadata.uid ?? "")?.sandboxes[0];
      if (!sandbox?.ready) throw new HttpError(500, `pod ${name} is not running`);
      const ports = [...query.getAll("port"), ...query.getAll("ports")]
        .flatMap((text) => text.split(","))
        .map(Number)
        .filter((port) => port > 0);
      return new URL(await options.runtime.portForwardUrl(sandbox.id, ports));
    }
    default:
      throw new HttpError(404, `404 page not found: ${url.pathname}`);
  }
}
