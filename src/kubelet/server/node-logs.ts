/** `/logs/`: the node's own log files, as pages of a file server, and what its services wrote where the configuration allows to ask. */
import { createReadStream, type Stats } from "node:fs";
import { open, readlink, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { usualRoot } from "../logs/layout.ts";
import { namesIn, statIfThere } from "../volumes/places.ts";
import { answerQuery, type QueryTools, readQuery } from "./log-query.ts";

export interface NodeLogSource extends QueryTools {
  /** `enableSystemLogHandler` and `enableSystemLogQuery` of the configuration. */
  served: boolean;
  asked: boolean;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

export async function nodeLogs(url: URL, { request, response }: Exchange, source: NodeLogSource): Promise<void> {
  const refuse = (code: number, text: string) =>
    void response.writeHead(code, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }).end(`${text}\n`);
  if (!source.served) return refuse(405, "logs endpoint is disabled.");
  if (request.method !== "GET") return refuse(405, "405: Method Not Allowed");
  const path = decodeURIComponent(url.pathname.replace(/^\/logs\/?/, ""));
  const query = source.asked ? readQuery(url.searchParams) : undefined;
  if (query && "wrong" in query) return refuse(400, query.wrong);
  if (query) {
    if (path !== "") return refuse(406, "path not allowed in query mode");
    const answer = await answerQuery(query, source);
    if ("wrong" in answer) return refuse(406, answer.wrong);
    if ("text" in answer) return void response.writeHead(200, { "content-type": "text/plain;charset=UTF-8" }).end(answer.text);
    return serveFile(source.root, answer.file, request, response);
  }
  return serveFile(source.root, path, request, response);
}

/** As Go's file server answers. */
async function serveFile(root: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (code: number, text: string) => void response.writeHead(code, { "content-type": "text/plain; charset=utf-8" }).end(text);
  const redirect = (to: string) => void response.writeHead(301, { location: to }).end();
  const clean = posix.normalize(`/${path}`);
  if (clean.endsWith("/index.html")) return redirect("./");
  const at = await placeOf(root, clean.replace(/\/$/, ""));
  let found: Stats | undefined;
  try {
    found = await statIfThere(at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES"
      ? refuse(403, "403 Forbidden\n")
      : code === "ENOTDIR"
        ? refuse(404, missing)
        : refuse(500, "500 Internal Server Error\n");
  }
  if (!found) return refuse(404, missing);
  const isFolderPath = clean.endsWith("/");
  if (!found.isDirectory()) {
    if (isFolderPath) return redirect(`../${encodeURIComponent(basename(clean))}`);
    if (!found.isFile()) return refuse(404, missing);
    return sendFile(at, found, request, response);
  }
  if (!isFolderPath) return redirect(`${encodeURIComponent(basename(clean))}/`);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "last-modified": found.mtime.toUTCString() });
  response.end(await listing(at));
}

const missing = "404 page not found\n";

/** A link of the node leads where pods of the node see it. */
async function placeOf(root: string, path: string): Promise<string> {
  const at = join(root, path);
  const target = await readlink(at).catch(() => "");
  return target.startsWith(`${usualRoot}/`) ? join(root, target.slice(usualRoot.length)) : at;
}

async function listing(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    const shown = (await stat(join(folder, name)).catch(() => undefined))?.isDirectory() ? `${name}/` : name;
    lines.push(`<a href="${shown.split("/").map(encodeURIComponent).join("/")}">${escaped(shown)}</a>\n`);
  }
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join("")}</pre>\n`;
}

const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
const escaped = (text: string) => text.replace(/[&<>"']/g, (mark) => marks[mark]!);

async function sendFile(path: string, { size, mtime }: Stats, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const type = await typeOf(path);
  const common = { "content-type": type, "accept-ranges": "bytes", "last-modified": mtime.toUTCString() };
  const since = Date.parse(request.headers["if-modified-since"] ?? "");
  if (Math.floor(mtime.getTime() / 1000) * 1000 <= since)
    return void response.writeHead(304, { "last-modified": mtime.toUTCString() }).end();
  const range = rangeOf(request.headers.range, size);
  if (range === "outside")
    return void response.writeHead(416, { "content-range": `bytes */${size}`, "content-type": "text/plain; charset=utf-8" }).end();
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const part = range ? { "content-range": `bytes ${start}-${end}/${size}` } : {};
  response.writeHead(range ? 206 : 200, { ...common, ...part, "content-length": end - start + 1 });
  if (size === 0) return void response.end();
  // A log may grow meanwhile: what was announced is sent.
  await pipeline(createReadStream(path, { start, end }), response).catch((error) => {
    // Who asked is gone.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

/** One range; several, or what is none, mean the whole file. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | "outside" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  return start >= size || start > end ? "outside" : { start, end };
}

const sniffed = 512;

async function typeOf(path: string): Promise<string> {
  if (path.endsWith(".gz")) return "application/gzip";
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffed), 0, sniffed, 0);
    const isText = !buffer.subarray(0, bytesRead).some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 11);
    return isText ? "text/plain; charset=utf-8" : "application/octet-stream";
  } finally {
    await file.close();
  }
}
