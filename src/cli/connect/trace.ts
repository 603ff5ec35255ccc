/** What -v shows of requests: from 6 on a line for each answer, from 7 on headers, from 8 on bodies, from 9 on a curl command. */
import type { IncomingMessage, RequestOptions } from "node:http";
import { klogHead } from "../stamps.ts";

export interface TraceOptions {
  level: number;
  /** Milliseconds since 1970. */
  now(): number;
  write(text: string): void;
}

type Value = string | number;
type Headers = Record<string, string | number | readonly string[] | undefined>;

export class Trace {
  readonly level: number;
  readonly #options: TraceOptions;

  constructor(options: TraceOptions) {
    this.level = options.level;
    this.#options = options;
  }

  /** Plain words of a place in the program. */
  say(place: string, text: string): void {
    this.#options.write(`${klogHead("I", this.#options.now())} ${place}] ${text}\n`);
  }

  /** To be called with the method and the whole URL before a request is sent; resolves what follows. */
  request(method: string, url: string, options: RequestOptions, body: string | Uint8Array | undefined): Answered {
    const headers = canonical(options.headers as Headers);
    if (this.level >= 8) this.#body("Request Body", body ?? "");
    if (this.level >= 9) this.#line("round_trippers.go:527", "Request", { curlCommand: curl(method, url, headers) });
    else if (this.level >= 7) this.#line("round_trippers.go:527", "Request", { verb: method, url, headers: headerText(headers) });
    const started = this.#options.now();
    return {
      head: (message) => {
        const status = `${message.statusCode} ${message.statusMessage}`;
        const milliseconds = Math.round(this.#options.now() - started);
        const shown: Record<string, Value> = this.level === 6 || this.level >= 9 ? { verb: method, url, status } : { status };
        if (this.level >= 8) shown.headers = headerText(canonical(message.headers));
        this.#line("round_trippers.go:632", "Response", { ...shown, milliseconds });
      },
      body: (text) => {
        if (this.level >= 8) this.#body("Response Body", text);
      },
      failed: () => {
        const milliseconds = Math.round(this.#options.now() - started);
        const where: Record<string, Value> = this.level === 6 || this.level >= 9 ? { verb: method, url } : {};
        const headers: Record<string, Value> = this.level >= 8 ? { headers: "" } : {};
        this.#line("round_trippers.go:632", "Response", { ...where, status: "", ...headers, milliseconds });
      },
    };
  }

  #body(title: string, body: string | Uint8Array): void {
    const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
    this.#line("helper.go:105", title, { body: truncated(text, this.level) });
  }

  #line(place: string, title: string, values: Record<string, Value>): void {
    const pairs = Object.entries(values).map(([key, value]) => `${key}=${shown(value)}`);
    this.say(place, `${JSON.stringify(title)} ${pairs.join(" ")}`);
  }
}

export interface Answered {
  head(message: Pick<IncomingMessage, "statusCode" | "statusMessage" | "headers">): void;
  body(text: string): void;
  failed(): void;
}

/** Several lines stand indented between angle brackets. */
function shown(value: Value): string {
  if (typeof value === "number") return String(value);
  if (!value.includes("\n")) return JSON.stringify(value);
  return `<\n${value
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `\t${line}\n`)
    .join("")} >`;
}

export function truncated(body: string, level: number): string {
  const most = level >= 10 ? Number.POSITIVE_INFINITY : level === 9 ? 10_240 : 1024;
  return body.length <= most ? body : `${body.slice(0, most)} [truncated ${body.length - most} chars]`;
}

/** As Go writes header names, sorted, credentials masked. */
function canonical(headers: Headers = {}): [string, string][] {
  return Object.entries(headers)
    .filter(([name]) => name !== "connection" && name !== "transfer-encoding")
    .flatMap(([name, value]): [string, string][] => {
      const shownName = name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
      return (Array.isArray(value) ? value : [value]).map((each) => [shownName, masked(shownName, String(each))]);
    })
    .filter(([name]) => name !== "Content-Length" || headers["date"] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function masked(name: string, value: string): string {
  if (name !== "Authorization" || value === "") return value;
  const [type] = value.split(" ");
  if (!["bearer", "basic", "negotiate"].includes(type!.toLowerCase())) return "<masked>";
  return value.length > type!.length + 1 ? `${type} <masked>` : type!;
}

const headerText = (headers: [string, string][]) => headers.map(([name, value]) => `${name}: ${value}\n`).join("");

function curl(method: string, url: string, headers: [string, string][]): string {
  const words = headers.map(([name, value]) => ` -H ${JSON.stringify(`${name}: ${value}`)}`).join("");
  return `curl -v -X${method} ${words} '${url}'\n`;
}
