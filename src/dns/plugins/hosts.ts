/** `hosts`: names and addresses as /etc/hosts has them, in the Corefile or in another key of the ConfigMap. */
import { parseAddress } from "#base/mod.ts";
import { failure, replyTo, resourceOf } from "../answer.ts";
import type { Directive } from "../corefile/parse.ts";
import { flag, labelsOf, plainName, rcodes, types, writeMessage, zoneOf } from "../message.ts";
import { addressRecord, type RecordData, reverseName } from "../records.ts";
import {
  durationOf,
  type Fall,
  fallOf,
  falls,
  type Made,
  type Plugin,
  type Query,
  type Reply,
  refuse,
  unknown,
  wholeNumber,
  wrongCount,
  zonesFrom,
} from "./plugin.ts";

const ownFile = "/etc/hosts";
const defaultTtl = 3600;
const mostTtl = 2 ** 31 - 1;

type Table = Map<string, RecordData[]>;

export const hosts: Plugin = {
  name: "hosts",
  read(lines, context): Made {
    const directive = lines[0]!;
    const [path = ownFile, ...words] = directive.args;
    const zones = zonesFrom(directive, words, context.zones);
    const file = context.readFile(path);
    if (file === undefined)
      refuse(directive, `unable to access hosts file '${path}': it can be ${ownFile}, or another key of the ConfigMap`);
    let ttl = defaultTtl;
    let fall: Fall;
    let reverse = true;
    const inline: string[] = [];
    for (const line of directive.block ?? []) {
      switch (line.name) {
        case "fallthrough":
          fall = fallOf(line);
          break;
        case "no_reverse":
          reverse = false;
          break;
        case "ttl":
          if (line.args.length !== 1) wrongCount(line);
          ttl = wholeNumber(line, line.args[0], 1, mostTtl);
          break;
        case "reload":
          // A file that is a key of the ConfigMap is read again when it changes.
          if (line.args.length !== 1) wrongCount(line);
          durationOf(line, line.args[0]);
          break;
        default:
          inline.push(inlineOf(line));
      }
    }
    const table = tableOf(`${inline.join("\n")}\n${file}`, { reverse, zones });
    return {
      link: (next, running) => {
        running.metrics.gauge("coredns_hosts_entries", "Names and addresses of hosts.").value = table.size;
        return (query) => {
          if (query.type === types.PTR) return (table.has(query.name) && answerOf(query, table, ttl)) || next(query);
          // What it does not know it cannot deny: it has no SOA.
          if (zoneOf(query.name, zones) === undefined) return next(query);
          return answerOf(query, table, ttl) ?? (falls(fall, query.name) ? next(query) : failed(query));
        };
      },
    };
  },
};

/** A line of the file, unless it is no such line: then it is a property that there is none of. */
function inlineOf(line: Directive): string {
  if (!parseAddress(line.name) || line.args.length === 0) unknown(line, "hosts");
  return [line.name, ...line.args].join(" ");
}

/** Of names outside of the zones it tells nothing. */
function tableOf(text: string, { reverse, zones }: { reverse: boolean; zones: readonly string[] }): Table {
  const table: Table = new Map();
  const add = (name: string, record: RecordData) => {
    const list = table.get(name) ?? [];
    if (!list.some((each) => JSON.stringify(each) === JSON.stringify(record))) list.push(record);
    table.set(name, list);
  };
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!address || !parseAddress(address)) continue;
    for (const each of names) {
      const name = plainName(each);
      if (!labelsOf(name) || zoneOf(name, zones) === undefined) continue;
      add(name, addressRecord(address));
      if (reverse) add(reverseName(address), { type: "PTR", target: name });
    }
  }
  return table;
}

/** Undefined: it does not know the name. Of one that it knows it denies all but addresses. */
function answerOf(query: Query, table: Table, ttl: number): Reply | undefined {
  const records = table.get(query.name);
  const reply = records && replyTo(query.bytes);
  if (!reply || (query.type === types.PTR) !== records.some(({ type }) => type === "PTR")) return undefined;
  for (const record of records) if (types[record.type] === query.type) reply.answers.push(resourceOf(reply.question.name, record, ttl));
  return { bytes: writeMessage({ ...reply, flags: reply.flags | flag.authoritative }), by: "hosts", lasting: true };
}

const failed = (query: Query): Reply => ({ bytes: failure(query.bytes, rcodes.SERVFAIL!), by: "hosts", lasting: true });
