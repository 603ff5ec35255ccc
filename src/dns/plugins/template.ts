/** `template`: answers made of the question, by Go templates that print records. */
import type { RE2JS } from "re2js";
import { messageOf } from "#base/mod.ts";
import { GoTemplateError, goTemplate } from "#codec/go-template.ts";
import { failure, replyTo } from "../answer.ts";
import type { Directive } from "../corefile/parse.ts";
import {
  classes,
  className,
  dotted,
  flag,
  type Message,
  type Resource,
  rcodes,
  readMessage,
  typeName,
  types,
  writeMessage,
  zoneOf,
} from "../message.ts";
import { resourceFrom } from "../resource-text.ts";
import { aliasQuery } from "./alias.ts";
import { patternOf } from "./patterns.ts";
import {
  type Fall,
  fallOf,
  falls,
  type Made,
  type Plugin,
  type Query,
  type Reply,
  type Running,
  rcodeOf,
  refuse,
  unknown,
  wrongCount,
  zonesFrom,
} from "./plugin.ts";

type Part = "answers" | "additionals" | "authorities";
const partOf: Readonly<Record<string, Part>> = { answer: "answers", additional: "additionals", authority: "authorities" };

interface Template {
  class: number;
  type: number;
  zones: readonly string[];
  patterns: readonly RE2JS[];
  parts: { part: Part; print(value: unknown): string }[];
  rcode: number;
  fall: Fall;
}

export const template: Plugin = {
  name: "template",
  several: true,
  read(lines, context): Made {
    const all = lines.map((line) => templateOf(line, context.zones));
    return {
      link: (next, running) => (query) => {
        for (const each of all) {
          const zone = zoneOf(query.name, each.zones);
          if (zone === undefined || !fits(each.class, query.class) || !fits(each.type, query.type)) continue;
          const values = valuesOf(each, zone, query);
          if (values) return answerOf(each, values, query, running);
          if (!falls(each.fall, query.name)) return failed(query, rcodes.SERVFAIL!);
        }
        return next(query);
      },
    };
  },
};

const any = 255;
const fits = (wanted: number, asked: number): boolean => wanted === any || asked === any || wanted === asked;

/** CoreDNS's one function beside Go's. */
const functions = {
  parseInt(text: unknown, base: unknown, bits: unknown): number {
    const value = Number.parseInt(String(text), Number(base));
    if (!/^[0-9a-z]+$/i.test(String(text)) || Number.isNaN(value)) throw new Error(`parsing ${JSON.stringify(text)}: invalid syntax`);
    if (value >= 2 ** Number(bits || 64)) throw new Error(`parsing ${JSON.stringify(text)}: value out of range`);
    return value;
  },
};

function templateOf(directive: Directive, serverZones: readonly string[]): Template {
  const [classWord = "", typeWord = "", ...words] = directive.args;
  const kind = classes[classWord.toUpperCase()] ?? refuse(directive, `invalid query class ${classWord}`);
  const type = types[typeWord.toUpperCase()] ?? refuse(directive, `invalid RR class ${typeWord}`);
  const made: Template = {
    class: kind,
    type,
    zones: zonesFrom(directive, words, serverZones),
    patterns: [],
    parts: [],
    rcode: rcodes.NOERROR!,
    fall: undefined,
  };
  const patterns: RE2JS[] = [];
  for (const line of directive.block ?? []) {
    const part = partOf[line.name];
    if (part) {
      if (line.args.length === 0) wrongCount(line);
      for (const text of line.args) made.parts.push({ part, print: printerOf(line, text) });
      continue;
    }
    switch (line.name) {
      case "match":
        if (line.args.length === 0) wrongCount(line);
        patterns.push(...line.args.map((text) => patternOf(line, text)));
        break;
      case "rcode":
        if (line.args.length !== 1) wrongCount(line);
        made.rcode = rcodeOf(line, line.args[0]);
        break;
      case "fallthrough":
        made.fall = fallOf(line);
        break;
      case "upstream": // of old: it is what is done anyway
        break;
      case "ederror":
        return refuse(line, "plugin/template: 'ederror' is not there");
      default:
        unknown(line, "template");
    }
  }
  if (made.parts.length === 0 && made.rcode === rcodes.NOERROR && !directive.block?.some(({ name }) => name === "rcode"))
    refuse(directive, "plugin/template: an answer, or rcode, is needed");
  return { ...made, patterns: patterns.length > 0 ? patterns : [patternOf(directive, ".*")] };
}

const notThere = /\.(Message|Meta)\b/;

function printerOf(line: Directive, text: string): (value: unknown) => string {
  const missing = notThere.exec(text);
  if (missing) refuse(line, `plugin/template: .${missing[1]} is not there`);
  try {
    return goTemplate(text, { allowMissingKeys: false, functions });
  } catch (error) {
    if (error instanceof GoTemplateError) return refuse(line, `could not compile template: ${text}, ${error.message}`);
    throw error;
  }
}

function valuesOf({ patterns, class: kind, type }: Template, zone: string, query: Query): Record<string, unknown> | undefined {
  const name = dotted(query.name);
  for (const pattern of patterns) {
    const matcher = pattern.matcher(name);
    if (!matcher.find()) continue;
    const groups = Array.from({ length: pattern.groupCount() + 1 }, (_, at) => matcher.group(at) ?? "");
    const named = Object.entries(pattern.namedGroups()).map(([label, at]) => [label, groups[Number(at)] ?? ""]);
    return {
      Zone: dotted(zone),
      Name: name,
      Class: className(query.class === any ? kind : query.class),
      Type: typeName(query.type === any ? type : query.type),
      Match: groups,
      Group: Object.fromEntries([...groups.entries(), ...named]),
      Question: { Name: name, Qtype: query.type, Qclass: query.class },
      Remote: query.client,
    };
  }
  return undefined;
}

function failed(query: Query, rcode: number, problem?: string): Reply {
  return { bytes: failure(query.bytes, rcode), by: "template", lasting: false, ...(problem ? { problem } : {}) };
}

function answerOf(each: Template, values: Record<string, unknown>, query: Query, running: Running): Reply | Promise<Reply> {
  const labels = { server: running.server, zone: String(values.Zone), view: "", class: String(values.Class), type: String(values.Type) };
  running.metrics.counter("coredns_template_matches_total", "Queries that a template answered.", labels).value++;
  if (each.rcode === rcodes.SERVFAIL) return failed(query, each.rcode);
  const reply = replyTo(query.bytes);
  if (!reply) return failed(query, rcodes.SERVFAIL!);
  const made: Record<Part, Resource[]> = { answers: [], additionals: [], authorities: [] };
  for (const { part, print } of each.parts)
    try {
      made[part].push(resourceFrom(print(values)));
    } catch (error) {
      running.metrics.counter("coredns_template_rr_failures_total", "Records that a template did not print.", { ...labels, section: part })
        .value++;
      return failed(query, rcodes.SERVFAIL!, messageOf(error));
    }
  const message: Message = {
    ...reply,
    flags: reply.flags | flag.authoritative,
    rcode: each.rcode,
    answers: made.answers,
    authorities: made.authorities,
    additionals: [...made.additionals, ...reply.additionals],
  };
  const finished = (): Reply => ({ bytes: writeMessage(message), by: "template", lasting: false });
  const alias = made.answers.findLast(({ type }) => type === types.CNAME);
  const target = query.type === types.A || query.type === types.AAAA ? alias?.data[0] : undefined;
  const asked = typeof target === "string" ? aliasQuery(query, target) : undefined;
  if (!asked) return finished();
  return running.ask(asked).then(({ bytes }) => {
    message.answers.push(...(readMessage(bytes)?.answers ?? []));
    return finished();
  });
}
