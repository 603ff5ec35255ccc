/** What the kubelet answers on port 10250: logs, and streams that the runtime serves; only to whom the API server allows. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { flagz, type Pod, statusz } from "#api/mod.ts";
import { type Delegated, delegated, HttpError, healthOf, metricsText, metricsType, openPort, type Port } from "#serve/mod.ts";
import { kubeletVersion } from "../version.ts";
import { askedBy } from "./access.ts";
import { checkpoint } from "./checkpoint.ts";
import { containerLog } from "./container-log.ts";
import { handOver } from "./hand-over.ts";
import { kubeletMetrics, resourceMetrics, volumeMetrics } from "./metrics.ts";
import { nodeLogs } from "./node-logs.ts";
import { findPod, type KubeletServerOptions, runningContainer } from "./source.ts";
import { Statistics } from "./statistics.ts";
import { streamsOf, streamTarget } from "./stream-target.ts";
import { translate, translates } from "./websocket-streams.ts";

export function serveKubelet(options: KubeletServerOptions): Promise<Port> {
  const { client, clock, nodeName } = options;
  const access = delegated({ client, clock });
  const statistics = new Statistics(options);
  return openPort({
    ...options,
    admit: (request, url) => admit(access, request, url.pathname, nodeName),
    answer: (request, response, url) => answer(url, { request, response, statistics }, options),
    async upgrade(request, socket, head, url) {
      const what = url.pathname.split("/")[1] ?? "";
      const target = await streamTarget(url, options);
      if (translates(request, what)) await translate({ request, socket, head }, target, what, streamsOf(url.searchParams), clock);
      else await handOver({ request, socket, head }, target, clock);
    },
  });
}

async function admit(access: Delegated, request: IncomingMessage, path: string, nodeName: string): Promise<void> {
  const caller = await access.identify(request);
  const questions = askedBy(request.method ?? "GET", path, nodeName);
  for (const asked of questions) if (await access.allows(caller, asked)) return;
  const asked = questions.map((question) => question.subresource).join(" ");
  throw new HttpError(403, `Forbidden (user=${caller.name}, verb=${questions[0]!.verb}, resource=nodes, subresource(s)=[${asked}])`);
}

const runSeconds = 60;
/** Those that are no resources. */
const ownPaths = ["/configz", "/flagz", "/healthz", "/metrics", "/metrics/cadvisor", "/metrics/probes", "/metrics/resource"];

interface Asking {
  request: IncomingMessage;
  response: ServerResponse;
  statistics: Statistics;
}

async function answer(url: URL, { request, response, statistics }: Asking, options: KubeletServerOptions): Promise<void> {
  const [, what = "", namespace = "", name = "", container = ""] = url.pathname.split("/").map(decodeURIComponent);
  const { clock } = options;
  const text = (value: string, code = 200, type = "text/plain; charset=utf-8") =>
    void response.writeHead(code, { "content-type": type }).end(value);
  const json = (value: object) => text(JSON.stringify(value), 200, "application/json");
  switch (what) {
    case "healthz": {
      const health = await healthOf(url.pathname, options.health, url.searchParams);
      return text(health.text, health.code);
    }
    case "pods":
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: options.pods() });
    case "runningpods":
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: options.pods().filter((pod) => runs(options, pod)) });
    case "configz":
      return json({ kubeletconfig: options.config });
    case "statusz":
    case "flagz": {
      const accept = request.headers.accept ?? "";
      const startedAtMs = clock.now() - process.uptime() * 1000;
      const status = { component: "kubelet", startedAtMs, nowMs: clock.now(), version: kubeletVersion.replace(/^v/, ""), paths: ownPaths };
      const page = what === "statusz" ? statusz(accept, status) : flagz(accept, "kubelet", {});
      if (!page) throw new HttpError(406, "the server was unable to respond with a content type that the client supports");
      return text(page.text, 200, page.contentType);
    }
    case "containerLogs":
      return containerLog(url.searchParams, findPod(options, namespace, name), container, response, options);
    case "logs":
      if (!options.nodeLogs) break;
      return nodeLogs(url, { request, response }, options.nodeLogs);
    case "checkpoint": {
      if (!options.checkpoints) break;
      if (request.method !== "POST") throw new HttpError(405, "405: Method Not Allowed");
      const file = await checkpoint(url.searchParams, findPod(options, namespace, name), container, {
        ...options,
        folder: options.checkpoints,
      });
      return json({ items: [file] });
    }
    case "run": {
      if (request.method !== "POST") throw new HttpError(405, "405: Method Not Allowed");
      const running = runningContainer(options, findPod(options, namespace, name), container);
      const { stdout, stderr } = await options.runtime.exec(running.id, url.searchParams.getAll("cmd"), runSeconds);
      return text(stdout + stderr);
    }
    case "stats":
      if (namespace === "summary") return json(await statistics.summary());
      break;
    case "metrics":
      if (namespace === "")
        return text(metricsText([...kubeletMetrics(options), ...volumeMetrics(statistics.volumes())]), 200, metricsType);
      if (namespace === "resource") return text(metricsText(resourceMetrics(await statistics.usage.read())), 200, metricsType);
      if (namespace === "cadvisor") return text(metricsText(await statistics.cadvisor()), 200, metricsType);
      if (namespace === "probes") return text(metricsText(options.metrics.ofProbes()), 200, metricsType);
      break;
    case "exec":
    case "attach":
    case "portForward":
      throw new HttpError(400, `unable to upgrade: missing upgrade headers in request: ${JSON.stringify(request.headers.upgrade ?? "")}`);
  }
  throw new HttpError(404, "404: Page Not Found");
}

const runs = ({ seen }: KubeletServerOptions, pod: Pod) =>
  seen(pod.metadata.uid ?? "")?.containers.some((container) => container.state === "running") === true;
