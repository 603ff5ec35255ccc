/** Where the runtime serves a stream that a client asks for: an address on this node's loopback. */
import { HttpError } from "#serve/mod.ts";
import { findPod, type KubeletServerOptions, runningContainer } from "./source.ts";
import type { Streams } from "./websocket-streams.ts";

export function streamsOf(query: URLSearchParams): Streams {
  const flag = (key: string) => query.get(key) === "1" || query.get(key) === "true";
  return {
    tty: flag("tty"),
    stdin: flag("input") || flag("stdin"),
    stdout: flag("output") || flag("stdout"),
    stderr: (flag("error") || flag("stderr")) && !flag("tty"),
  };
}

export async function streamTarget(url: URL, options: Pick<KubeletServerOptions, "pods" | "seen" | "nodeName" | "runtime">): Promise<URL> {
  const [, what = "", namespace = "", name = "", container = ""] = url.pathname.split("/").map(decodeURIComponent);
  const { runtime, seen } = options;
  const query = url.searchParams;
  const streams = streamsOf(query);
  switch (what) {
    case "exec": {
      const { id } = runningContainer(options, findPod(options, namespace, name), container);
      return new URL(await runtime.execUrl({ containerId: id, cmd: query.getAll("command"), ...streams }));
    }
    case "attach": {
      const { id } = runningContainer(options, findPod(options, namespace, name), container);
      return new URL(await runtime.attachUrl({ containerId: id, ...streams }));
    }
    case "portForward": {
      const sandbox = seen(findPod(options, namespace, name).metadata.uid ?? "")?.sandboxes[0];
      if (!sandbox?.ready) throw new HttpError(500, `pod ${name} is not running`);
      const ports = [...query.getAll("port"), ...query.getAll("ports")].flatMap((text) => text.split(",")).map(Number);
      return new URL(
        await runtime.portForwardUrl(
          sandbox.id,
          ports.filter((port) => port > 0),
        ),
      );
    }
    default:
      throw new HttpError(404, "404: Page Not Found");
  }
}
