/** `proxy`: a local HTTP server that speaks to the API server with this user's credentials. */
import { statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import type { Command } from "../../command.ts";
import type { Rest } from "../../connect/rest.ts";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { bool, duration, int, text } from "../../input/flags.ts";

export const command: Command = {
  use: "proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]",
  long: "Creates a proxy server between localhost and the Kubernetes API server. Requests are sent on with your credentials, except those that the filters reject.",
  examples: "kubectl proxy --port=8011\nkubectl proxy --www=./site --www-prefix=/pages/\nkubectl proxy --api-prefix=/k8s-api",
  flags: [
    text("accept-hosts", "Regular expression for hosts that the proxy should accept.", "^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$"),
    text("accept-paths", "Regular expression for paths that the proxy should accept.", "^.*"),
    text("address", "The IP address on which to serve on.", "127.0.0.1"),
    text("api-prefix", "Prefix to serve the proxied API under.", "/"),
    bool("append-server-path", "If true, append the path of the server's URL to requests."),
    bool("disable-filter", "If true, disable request filtering in the proxy. This is dangerous."),
    duration("keepalive", "keepalive specifies the keep-alive period for an active network connection."),
    int("port|p", "The port on which to run the proxy. Set to 0 to pick a random port.", 8001),
    text("reject-methods", "Regular expression for HTTP methods that the proxy should reject.", "^$"),
    text("reject-paths", "Regular expression for paths that the proxy should reject.", "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"),
    text("unix-socket|u", "Unix socket on which to run the proxy."),
    text("www|w", "Also serve static files from the given directory under the specified prefix."),
    text("www-prefix|P", "Prefix to serve static files under, if static file directory is specified.", "/static/"),
  ],
  run,
};

interface Pattern {
  test(value: string): boolean;
}

interface Filters {
  acceptHosts: Pattern[];
  acceptPaths: Pattern[];
  rejectPaths: Pattern[];
  rejectMethods: Pattern[];
}

async function run(session: Session): Promise<void> {
  const { flags, io } = session;
  if (flags.int("port") !== 8001 && flags.text("unix-socket")) throw new CliError("cannot set --unix-socket and --port at the same time");
  const { RE2JS } = await import("re2js");
  const rest = await session.rest();
  const list = (name: string): Pattern[] =>
    flags
      .text(name)
      .split(",")
      .filter((pattern, _, all) => pattern !== "" || all.length > 1)
      .map((pattern) => {
        try {
          const compiled = RE2JS.compile(pattern);
          return { test: (value) => compiled.matcher(value).find() };
        } catch (error) {
          throw new CliError(`Error compiling re: ${(error as Error).message}`, { raw: true, exitCode: 255 });
        }
      });
  const filters: Filters | undefined = flags.bool("disable-filter")
    ? undefined
    : {
        acceptHosts: list("accept-hosts"),
        acceptPaths: list("accept-paths"),
        rejectPaths: list("reject-paths"),
        rejectMethods: list("reject-methods"),
      };
  if (!filters && !flags.text("unix-socket"))
    session.err("WARNING: Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious\n");
  const slashed = (name: string) => (flags.text(name).endsWith("/") ? flags.text(name) : `${flags.text(name)}/`);
  const prefix = slashed("api-prefix");
  const www = flags.text("www") ? { folder: folderOf(session), prefix: slashed("www-prefix") } : undefined;
  const { serveFile } = await import("./static-files.ts");
  const server = createServer((request, response) => {
    const url = request.url ?? "/";
    // Of two prefixes that fit the longer one counts.
    if (www && url.startsWith(www.prefix) && !(prefix.length > www.prefix.length && url.startsWith(prefix)))
      return serveFile(request, response, { folder: www.folder, path: url.slice(www.prefix.length - 1) });
    if (www && `${url}/` === www.prefix) {
      response.writeHead(307, { location: www.prefix });
      return response.end();
    }
    forward(rest, { request, response, filters, prefix }).catch(() => response.destroy());
  });
  server.on("upgrade", (request, socket, head) => {
    upgrade(rest, { request, socket, head, filters, prefix }).catch(() => socket.destroy());
  });
  const where = await listen(server, { address: flags.text("address"), port: flags.int("port"), socket: flags.text("unix-socket") });
  session.line(`Starting to serve on ${where}`);
  await new Promise<void>((resolve) =>
    io.signal?.aborted ? resolve() : io.signal?.addEventListener("abort", () => resolve(), { once: true }),
  );
  server.closeAllConnections();
  server.close();
}

/** A folder that is not there is served as one without files, with a warning. */
function folderOf(session: Session): string {
  const name = session.flags.text("www");
  const path = resolve(session.io.cwd, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) session.err(`WARNING: Failed to stat static file directory ${name}: stat ${name}: no such file or directory\n`);
  else if (!stats.isDirectory()) session.err(`WARNING: Static file directory ${name} is not a directory\n`);
  return path;
}

function listen(server: Server, at: { address: string; port: number; socket: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "bind: address already in use" : error.message;
      reject(new CliError(at.socket ? `listen unix ${at.socket}: ${why}` : `listen tcp ${at.address}:${at.port}: ${why}`));
    });
    const done = () => {
      const address = server.address();
      resolve(typeof address === "string" || address === null ? at.socket : `${at.address}:${address.port}`);
    };
    if (at.socket) server.listen(at.socket, done);
    else server.listen(at.port, at.address, done);
  });
}

/** The path to send on, or undefined when the request is refused. */
export function admit(
  request: Pick<IncomingMessage, "url" | "method" | "headers">,
  filters: Filters | undefined,
  prefix: string,
): string | undefined {
  const url = request.url ?? "/";
  if (!url.startsWith(prefix) && url !== prefix.slice(0, -1)) return undefined;
  const path = `/${url.slice(prefix.length)}`;
  if (!filters) return path;
  const bare = path.split("?")[0];
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  const any = (list: Pattern[], value: string) => list.some((pattern) => pattern.test(value));
  const refused =
    any(filters.rejectMethods, request.method ?? "") ||
    any(filters.rejectPaths, bare) ||
    !any(filters.acceptPaths, bare) ||
    !any(filters.acceptHosts, host);
  return refused ? undefined : path;
}

const hop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
]);

function kept(headers: IncomingMessage["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== undefined && !hop.has(name))) as Record<
    string,
    string | string[]
  >;
}

async function forward(
  rest: Rest,
  at: { request: IncomingMessage; response: ServerResponse; filters: Filters | undefined; prefix: string },
): Promise<void> {
  const { request, response } = at;
  const path = admit(request, at.filters, at.prefix);
  if (path === undefined) {
    response.writeHead(request.url?.startsWith(at.prefix) ? 403 : 404, { "content-type": "text/plain; charset=utf-8" });
    response.end(request.url?.startsWith(at.prefix) ? "Forbidden\n" : "404 page not found\n");
    return;
  }
  const options = await rest.requestOptions(path);
  const { request: send } = rest.base.protocol === "https:" ? await import("node:https") : await import("node:http");
  const call = send(
    { ...options, method: request.method, headers: { ...kept(request.headers), ...(options.headers as object) } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, kept(answer.headers));
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  call.on("error", (error) => {
    if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
    response.end(`${rest.connectionError(error).message}\n`);
  });
  response.on("close", () => call.destroy());
  request.pipe(call);
}

async function upgrade(
  rest: Rest,
  at: { request: IncomingMessage; socket: Duplex; head: Buffer; filters: Filters | undefined; prefix: string },
): Promise<void> {
  const { request, socket, head } = at;
  const path = admit(request, at.filters, at.prefix);
  if (path === undefined) {
    socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
    return;
  }
  const options = await rest.requestOptions(path);
  const { request: send } = rest.base.protocol === "https:" ? await import("node:https") : await import("node:http");
  const headers = { ...kept(request.headers), ...(options.headers as object), connection: "Upgrade", upgrade: request.headers.upgrade };
  const call = send({ ...options, agent: false, method: request.method, headers });
  const head_ = (answer: IncomingMessage) =>
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${answer.rawHeaders.reduce((text_, word, i) => text_ + word + (i % 2 === 0 ? ": " : "\r\n"), "")}\r\n`;
  call.on("upgrade", (answer, remote, rest_) => {
    socket.write(head_(answer));
    if (rest_.length > 0) socket.write(rest_);
    if (head.length > 0) remote.write(head);
    remote.pipe(socket).pipe(remote);
    remote.on("error", () => socket.destroy());
    socket.on("error", () => remote.destroy());
  });
  call.on("response", (answer) => {
    socket.write(head_(answer));
    answer.pipe(socket);
  });
  call.on("error", () => socket.destroy());
  call.end();
}
