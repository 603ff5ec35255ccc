/** A line for each request, in the words of nginx's controller; written by the page, and no more than a bound is kept. */
import type { Visit } from "./proxy/answerer.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `nowMs`: when it ended. */
export function lineOf({ exchange, route, status, bytesIn, bytesOut, asked, id, tookMs }: Visit, time: string): string {
  const { request, client } = exchange;
  let [referer, agent] = ["-", "-"];
  for (let at = 0; at < request.fields.length; at += 2) {
    const name = request.fields[at]!;
    if (name.length === 7 && name.toLowerCase() === "referer") referer = quoted(request.fields[at + 1]!);
    else if (name.length === 10 && name.toLowerCase() === "user-agent") agent = quoted(request.fields[at + 1]!);
  }
  const target = route?.target;
  const backend = target?.kind === "service" ? `${target.namespace}-${target.service}-${target.port}` : "-";
  return `${client.address} - - [${time}] "${quoted(`${request.method} ${request.target} HTTP/${request.version}`)}" ${status} ${bytesOut} "${referer}" "${agent}" ${bytesIn} ${(tookMs / 1000).toFixed(3)} [${backend}] [] ${asked.join(", ") || "-"} ${quoted(request.authority) || "-"} ${id}\n`;
}

/** As nginx has it: `27/Nov/2026:19:00:00 +0000`. */
export function timeText(nowMs: number): string {
  const at = new Date(nowMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

/** What a client sent must not end a field or a line. */
function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return /["\\\0-\x1f\x7f-\uffff]/.test(text)
    ? text.replace(/["\\\0-\x1f\x7f-\uffff]/g, (sign) => `\\x${(sign.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, "0")}`)
    : text;
}
