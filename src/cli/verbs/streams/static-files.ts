/** Files of a folder over HTTP: what `proxy --www` serves beside the API. Nothing outside the folder is reached. */
import { createReadStream, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";

const types: Record<string, string> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".htm": "text/html; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/vnd.microsoft.icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".xml": "text/xml; charset=utf-8",
};

/** What a request for `path` (decoded, below the prefix, beginning with a slash) is answered with. */
export type Answer =
  | { kind: "file"; file: string; stats: Stats }
  | { kind: "listing"; names: string[] }
  | { kind: "redirect"; to: string }
  | { kind: "missing" };

export function answerOf(folder: string, path: string): Answer {
  if (path.includes("\0")) return { kind: "missing" };
  if (path.endsWith("/index.html")) return { kind: "redirect", to: "./" };
  try {
    const root = realpathSync(folder);
    const wanted = resolve(root, `.${path}`);
    const real = realpathSync(wanted);
    // A link may lead anywhere, as for upstream; dots in the request may not.
    if (wanted !== root && !wanted.startsWith(root + sep)) return { kind: "missing" };
    const stats = statSync(real);
    if (!stats.isDirectory()) {
      if (path.endsWith("/")) return { kind: "redirect", to: `../${path.split("/").at(-2)}` };
      return { kind: "file", file: real, stats };
    }
    if (!path.endsWith("/")) return { kind: "redirect", to: `${path.split("/").at(-1)}/` };
    const index = join(real, "index.html");
    const page = statSync(index, { throwIfNoEntry: false });
    if (page?.isFile()) return { kind: "file", file: index, stats: page };
    const entries = readdirSync(real, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: "listing", names: entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)) };
  } catch {
    return { kind: "missing" };
  }
}

export function serveFile(request: IncomingMessage, response: ServerResponse, at: { folder: string; path: string }): void {
  let path: string;
  try {
    path = decodeURIComponent(at.path.split("?")[0]!);
  } catch {
    return plain(response, 400, "400 Bad Request\n");
  }
  const answer = answerOf(at.folder, path);
  if (answer.kind === "missing") return plain(response, 404, "404 page not found\n");
  if (answer.kind === "redirect") {
    response.writeHead(301, { location: answer.to });
    response.end();
  } else if (answer.kind === "listing") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : listing(answer.names));
  } else sendFile(request, response, answer);
}

function plain(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  response.end(text);
}

export function listing(names: string[]): string {
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;").replaceAll("'", "&#39;");
  const links = names.map((name) => `<a href="${encodeURIComponent(name).replaceAll("%2F", "/")}">${escaped(name)}</a>\n`);
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join("")}</pre>\n`;
}

function sendFile(request: IncomingMessage, response: ServerResponse, { file, stats }: { file: string; stats: Stats }): void {
  const since = Date.parse(request.headers["if-modified-since"] ?? "");
  const modified = Math.floor(stats.mtimeMs / 1000) * 1000;
  const lastModified = new Date(modified).toUTCString();
  const headers: Record<string, string | number> = { "accept-ranges": "bytes", "last-modified": lastModified };
  if (since >= modified) {
    response.writeHead(304, { "last-modified": lastModified });
    response.end();
    return;
  }
  headers["content-type"] = types[extname(file).toLowerCase()] ?? "application/octet-stream";
  const range = rangeOf(request.headers.range, stats.size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${stats.size}`, "content-type": "text/plain; charset=utf-8" });
    response.end("invalid range: failed to overlap\n");
    return;
  }
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  headers["content-length"] = end - start + 1;
  if (range) headers["content-range"] = `bytes ${start}-${end}/${stats.size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === "HEAD" || stats.size === 0) return void response.end();
  const stream = createReadStream(file, { start, end });
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

/** One range of a file; what asks for several gets the whole, as HTTP allows. */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if (from === "") return size === 0 ? "unsatisfiable" : { start: Math.max(0, size - Number(to)), end: size - 1 };
  const start = Number(from);
  const end = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return start >= size || start > end ? "unsatisfiable" : { start, end };
}
