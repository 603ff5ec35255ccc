/** What the heads of requests and responses mean: how long the body is, whether the connection stays, what is passed on. Pure. */
import { BadMessage, type Fields, type Head, isToken, lengthOf } from "./head.ts";

/** Bytes; "unknown": until its own end is marked; 0: there is none. */
export type Length = number | "unknown";

export interface Request {
  method: string;
  /** Path and query, as the client wrote them. */
  target: string;
  /** Host and perhaps port. */
  authority: string;
  /** What is passed on: without what concerns only the connection, host and length. */
  fields: Fields;
  length: Length;
  /** The protocol that the client would go over to. */
  upgrade: string | undefined;
  expectsContinue: boolean;
  /** The connection may take another request. */
  keepAlive: boolean;
  version: "1.0" | "1.1" | "2";
}

export interface Response {
  status: number;
  reason: string;
  /** As a request's. */
  fields: Fields;
  /** "close": until the connection ends. */
  length: Length | "close";
  /** It says so even where there is no body: to a HEAD. */
  declared: number | undefined;
  keepAlive: boolean;
  /** Seconds that the server says it keeps an idle connection. */
  idleSeconds: number | undefined;
}

/** Gathers what both kinds of messages say in their fields. */
class Framing {
  readonly kept: Fields = [];
  lengths: string[] | undefined;
  coding: string | undefined;
  options: string[] | undefined;
  upgrade: string | undefined;
  keepAlive: string | undefined;
  host: string | undefined;
  expect: string | undefined;

  constructor(fields: Fields, isRequest: boolean) {
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      const value = fields[at + 1]!;
      switch (name.toLowerCase()) {
        case "connection":
          this.options = [...(this.options ?? []), ...value.split(",").map((option) => option.trim().toLowerCase())];
          break;
        case "content-length":
          (this.lengths ??= []).push(value);
          break;
        case "transfer-encoding":
          this.coding = this.coding === undefined ? value : `${this.coding}, ${value}`;
          break;
        case "upgrade":
          this.upgrade = value;
          break;
        case "keep-alive":
          this.keepAlive = value;
          break;
        case "host":
          if (!isRequest) this.kept.push(name, value);
          else if (this.host !== undefined) throw new BadMessage(400, "there are two hosts");
          else this.host = value;
          break;
        case "expect":
          if (isRequest) this.expect = value;
          else this.kept.push(name, value);
          break;
        case "proxy-connection":
        case "te":
        case "trailer":
        case "http2-settings":
          break;
        default:
          this.kept.push(name, value);
      }
    }
  }
  /** What is passed on: a field that the sender means for this connection only is not. */
  passed(): Fields {
    const named = this.options?.filter((option) => option !== "close" && option !== "keep-alive" && option !== "upgrade");
    if (!named?.length) return this.kept;
    return this.kept.filter((_, at, all) => !named.includes(all[at & ~1]!.toLowerCase()));
  }
  isChunked(): boolean {
    return this.coding !== undefined && this.coding.toLowerCase() === "chunked";
  }
  length(): number | undefined {
    const [first, ...more] = this.lengths ?? [];
    if (first === undefined) return undefined;
    const length = lengthOf(first);
    if (length === undefined || more.some((other) => other !== first)) throw new BadMessage(400, "the length is none");
    return length;
  }
}

export function requestOf({ line, fields }: Head): Request {
  const parts = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(line);
  if (!parts || !isToken(parts[1]!)) throw new BadMessage(400, "the request line is none");
  const [, method, target, major, minor] = parts as unknown as [string, string, string, string, string];
  if (major !== "1") throw new BadMessage(505, "only HTTP/1 is spoken on this connection");
  const isOld = minor === "0";
  const framing = new Framing(fields, true);
  const length = requestLength(framing, isOld);
  const at = placeOf(method, target, framing.host, isOld);
  if (framing.expect !== undefined && framing.expect.toLowerCase() !== "100-continue")
    throw new BadMessage(417, "the expectation is unknown");
  return {
    method,
    ...at,
    fields: framing.passed(),
    length,
    upgrade: upgradeOf(framing, length, isOld),
    expectsContinue: framing.expect !== undefined && !isOld,
    keepAlive: isOld ? Boolean(framing.options?.includes("keep-alive")) : !framing.options?.includes("close"),
    version: isOld ? "1.0" : "1.1",
  };
}

/** Path and authority; a request line with a whole URL has both. */
function placeOf(method: string, target: string, host: string | undefined, isOld: boolean): { target: string; authority: string } {
  if (host === undefined && !isOld) throw new BadMessage(400, "there is no host");
  if (target.startsWith("/")) return { target, authority: host ?? "" };
  if (target === "*" && method === "OPTIONS") return { target, authority: host ?? "" };
  const whole = /^https?:\/\/([^/?#]+)(\/[^#]*)?$/i.exec(target);
  if (!whole) throw new BadMessage(400, "the target is none");
  return { target: whole[2] ?? "/", authority: whole[1]! };
}

function requestLength(framing: Framing, isOld: boolean): Length {
  const length = framing.length();
  if (framing.coding === undefined) return length ?? 0;
  if (!framing.isChunked()) throw new BadMessage(501, "the transfer coding is unknown");
  if (length !== undefined || isOld) throw new BadMessage(400, "the length is said twice");
  return "unknown";
}

/** Never to HTTP/2 in the clear: what follows would go by every rule. */
function upgradeOf({ upgrade, options }: Framing, length: Length, isOld: boolean): string | undefined {
  if (!upgrade || isOld || length !== 0 || !options?.includes("upgrade")) return undefined;
  return /(^|[\s,])h2c?([\s,]|$)/i.test(upgrade) ? undefined : upgrade;
}

export function responseOf({ line, fields }: Head, method: string): Response {
  const parts = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(line);
  if (!parts) throw new BadMessage(502, "the status line is none");
  const status = Number(parts[2]);
  const isOld = parts[1] === "0";
  const framing = new Framing(fields, false);
  const declared = framing.length();
  const hasNone = method === "HEAD" || status === 204 || status === 304 || (status >= 100 && status < 200);
  if (framing.coding !== undefined && !framing.isChunked()) throw new BadMessage(502, "the transfer coding is unknown");
  const length = hasNone ? 0 : framing.isChunked() ? "unknown" : (declared ?? "close");
  // Of two lengths the coding counts, and the connection is not trusted further.
  const isTrusted = length !== "close" && !(framing.coding !== undefined && declared !== undefined);
  const wants = isOld ? Boolean(framing.options?.includes("keep-alive")) : !framing.options?.includes("close");
  const idle = /(?:^|[\s,])timeout=(\d{1,6})/.exec(framing.keepAlive ?? "")?.[1];
  return {
    status,
    reason: parts[3] ?? "",
    fields: framing.passed(),
    length,
    declared: hasNone && framing.coding === undefined && status !== 204 && status >= 200 ? declared : undefined,
    keepAlive: wants && isTrusted,
    idleSeconds: idle === undefined ? undefined : Number(idle),
  };
}

/** From the raw headers of an HTTP/2 stream. */
export function requestOfStream(raw: Fields, isWhole: boolean): Request {
  const [pseudo, fields] = partsOf(raw);
  const framing = new Framing(fields, true);
  const declared = framing.length();
  const { ":method": method = "", ":path": target = "" } = pseudo;
  const authority = pseudo[":authority"] ?? framing.host ?? "";
  if (!isToken(method) || method === "CONNECT") throw new BadMessage(400, "the method is none");
  if (authority === "" || !(target.startsWith("/") || (target === "*" && method === "OPTIONS")))
    throw new BadMessage(400, "the target is none");
  if (/[\s\0]/.test(target) || !fields.every(isPlain)) throw new BadMessage(400, "the head has control characters");
  return {
    method,
    target,
    authority,
    fields: withOneCookie(framing.passed()),
    length: isWhole ? 0 : (declared ?? "unknown"),
    upgrade: undefined,
    expectsContinue: framing.expect?.toLowerCase() === "100-continue",
    keepAlive: true,
    version: "2",
  };
}

export function responseOfStream(raw: Fields, method: string): Response {
  const [pseudo, fields] = partsOf(raw);
  const status = Number(pseudo[":status"]);
  const framing = new Framing(fields, false);
  const declared = framing.length();
  const hasNone = method === "HEAD" || status === 204 || status === 304;
  return {
    status,
    reason: "",
    fields: framing.passed(),
    length: hasNone ? 0 : (declared ?? "unknown"),
    declared: hasNone && status !== 204 ? declared : undefined,
    keepAlive: true,
    idleSeconds: undefined,
  };
}

/** What would be two lines in HTTP/1. */
const isPlain = (text: string): boolean => !/[\0\r\n]/.test(text);

function partsOf(raw: Fields): [pseudo: Record<string, string | undefined>, fields: Fields] {
  const pseudo: Record<string, string | undefined> = {};
  const fields: Fields = [];
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]!.startsWith(":")) pseudo[raw[at]!] = raw[at + 1]!;
    else fields.push(raw[at]!, raw[at + 1]!);
  }
  return [pseudo, fields];
}

/** HTTP/2 may bring cookies one by one; HTTP/1 has them on one line. */
function withOneCookie(fields: Fields): Fields {
  let first = -1;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== "cookie") continue;
    if (first < 0) first = at;
    else {
      fields[first + 1] += `; ${fields[at + 1]}`;
      fields.splice(at, 2);
      at -= 2;
    }
  }
  return fields;
}
