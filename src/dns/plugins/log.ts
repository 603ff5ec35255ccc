/** `log`: a line for each query, in a format, of the names and kinds of answers that are wanted. */

import type { Directive } from "../corefile/parse.ts";
import { zonesOf } from "../corefile/zones.ts";
import { className, flag, isWithin, type Message, optOf, rcodeName, readMessage, typeName } from "../message.ts";
import { type Made, type Plugin, type Query, refuse, unknown, wrongCount } from "./plugin.ts";
import type { Class, LogRule } from "./server-settings.ts";

const all: readonly Class[] = ["success", "denial", "error", "all"];

const common = '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
const combined = `${common.replace('" {rcode}', ' {>opcode}" {rcode}')}`;

export const log: Plugin = {
  name: "log",
  several: true,
  read(lines, context): Made {
    return { settings: { log: lines.map((line) => ruleOf(line, context.zones)) } };
  },
};

function ruleOf(directive: Directive, serverZones: readonly string[]): LogRule {
  const words = [...directive.args];
  let format = common;
  if (words.at(-1)?.includes("{")) format = words.pop()!.replace("{common}", common).replace("{combined}", combined);
  if (format.includes("{/")) refuse(directive, "plugin/log: labels of metadata are not there");
  const zones =
    words.length === 0 ? serverZones : words.flatMap((word) => zonesOf(word) ?? refuse(directive, `plugin/log: '${word}' is no name`));
  const classes = new Set<Class>();
  for (const line of directive.block ?? []) {
    if (line.name !== "class") unknown(line, "log");
    if (line.args.length === 0) wrongCount(line);
    for (const word of line.args) classes.add(all.find((each) => each === word) ?? refuse(line, `plugin/log: unknown class '${word}'`));
  }
  return { zones, format, classes: classes.size > 0 ? classes : new Set<Class>(["all"]) };
}

export interface Seen {
  query: Query;
  answer: Buffer;
  seconds: number;
  /** Where it was answered. */
  local: string;
}

/** The line, if the rules want one. */
export function lineOf(rules: readonly LogRule[], seen: Seen): string | undefined {
  const rule = rules.find(({ zones }) => zones.some((zone) => isWithin(seen.query.name, zone)));
  if (!rule) return undefined;
  const answer = readMessage(seen.answer);
  if (!rule.classes.has("all") && !rule.classes.has(classOf(answer))) return undefined;
  const values = valuesOf(seen, answer);
  return rule.format.replaceAll(/\{(>?[a-z]+)\}/g, (whole, name: string) => values[name]?.() ?? whole);
}

function classOf(answer: Message | undefined): Class {
  if (!answer || (answer.rcode !== 0 && answer.rcode !== 3)) return "error";
  return answer.rcode === 3 || answer.answers.length === 0 ? "denial" : "success";
}

const flags: readonly (readonly [string, number])[] = [
  ["qr", flag.response],
  ["aa", flag.authoritative],
  ["tc", flag.truncated],
  ["rd", flag.recursionDesired],
  ["ra", flag.recursionAvailable],
  ["ad", 0x0020],
  ["cd", 0x0010],
];

const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
const plainBytes = 512;

function valuesOf({ query, answer: bytes, seconds, local }: Seen, answer: Message | undefined): Record<string, () => string> {
  const asked = readMessage(query.bytes);
  const opt = asked && optOf(asked);
  return {
    type: () => typeName(query.type),
    class: () => className(query.class),
    name: () => `${query.name}.`,
    proto: () => (query.stream ? "tcp" : "udp"),
    remote: () => bracketed(query.client),
    local: () => bracketed(local),
    port: () => String(query.clientPort),
    size: () => String(query.bytes.length),
    rsize: () => String(bytes.length),
    rcode: () => rcodeName(answer?.rcode ?? bytes[3]! & 0x0f),
    duration: () => `${seconds.toFixed(9)}s`,
    ">id": () => String(query.bytes.readUInt16BE(0)),
    ">opcode": () => String((query.bytes[2]! >> 3) & 0x0f),
    ">do": () => String(((opt?.ttl ?? 0) & 0x8000) !== 0),
    ">bufsize": () => String(query.stream ? 65_535 : Math.max(opt?.class ?? 0, plainBytes)),
    ">rflags": () => flags.flatMap(([name, bit]) => (((answer?.flags ?? 0) & bit) !== 0 ? [name] : [])).join(","),
  };
}
