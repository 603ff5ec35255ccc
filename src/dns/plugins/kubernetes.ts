/** `kubernetes`: the names of Services, of their endpoints and of pods, and what addresses are called. */
import { fill, replyTo, soaOf } from "../answer.ts";
import type { Directive } from "../corefile/parse.ts";
import { addressOfReverse } from "../corefile/zones.ts";
import { isWithin, type Message, type Resource, rcodes, readMessage, types, writeMessage, zoneOf } from "../message.ts";
import type { ClusterNames, NamesOptions, PodMode } from "../names.ts";
import { type Lookup, nameServer } from "../zone.ts";
import { aliasQuery } from "./alias.ts";
import {
  type Fall,
  fallOf,
  falls,
  type Handler,
  type Made,
  type Plugin,
  type Query,
  type Reply,
  type Running,
  refuse,
  unknown,
  wholeNumber,
  wrongCount,
  zonesFrom,
} from "./plugin.ts";

interface Settings {
  zones: readonly string[];
  ttl: number;
  fall: Fall;
  names: NamesOptions;
}

/** Options of upstream's that say how it reaches an API server: here it is the node's own. */
const ofTheServer = new Set([
  "endpoint",
  "tls",
  "kubeconfig",
  "apiserver_qps",
  "apiserver_burst",
  "apiserver_max_inflight",
  "startup_timeout",
]);
const notThere = new Set(["labels", "namespace_labels", "multicluster", "ignore", "upstream"]);
const mostTtl = 3600;

export const kubernetes: Plugin = {
  name: "kubernetes",
  read(lines, context): Made {
    const directive = lines[0]!;
    const settings = settingsOf(directive, context.zones);
    return { link: (next, running) => handlerOf(settings, next, running), names: settings.names };
  },
};

const isReverse = (zone: string): boolean => isWithin(zone, "in-addr.arpa") || isWithin(zone, "ip6.arpa");

function settingsOf(directive: Directive, serverZones: readonly string[]): Settings {
  const zones = zonesFrom(directive, directive.args, serverZones);
  const domains = zones.filter((zone) => !isReverse(zone));
  if (domains.length === 0) refuse(directive, "plugin/kubernetes: non-reverse zone name must be used");
  let ttl = 5;
  let fall: Fall;
  let pods: PodMode = "disabled";
  let namespaces: readonly string[] = [];
  let endpointPodNames = false;
  let noEndpoints = false;
  for (const line of directive.block ?? []) {
    const { args } = line;
    if (ofTheServer.has(line.name)) refuse(line, `plugin/kubernetes: '${line.name}' is not there: the API server is this cluster's own`);
    if (notThere.has(line.name)) refuse(line, `plugin/kubernetes: '${line.name}' is not there`);
    switch (line.name) {
      case "pods":
        if (args.length !== 1) wrongCount(line);
        if (args[0] !== "disabled" && args[0] !== "insecure" && args[0] !== "verified")
          refuse(line, `wrong value for pods: ${args[0]},  must be one of: disabled, verified, insecure`);
        pods = args[0] as PodMode;
        break;
      case "namespaces":
        if (args.length === 0) wrongCount(line);
        namespaces = [...args];
        break;
      case "endpoint_pod_names":
      case "noendpoints":
        if (args.length > 0) wrongCount(line);
        if (line.name === "noendpoints") noEndpoints = true;
        else endpointPodNames = true;
        break;
      case "ttl":
        if (args.length !== 1) wrongCount(line);
        ttl = wholeNumber(line, args[0], 0, mostTtl);
        break;
      case "fallthrough":
        fall = fallOf(line);
        break;
      default:
        unknown(line, "kubernetes");
    }
  }
  return { zones, ttl, fall, names: { domains, namespaces, endpointPodNames, noEndpoints, pods } };
}

function handlerOf(settings: Settings, next: Handler, running: Running): Handler {
  const names = running.names.zones(settings.names);
  if (settings.names.pods === "verified")
    running.podZone = (name, client) => {
      const zone = zoneOf(name, settings.zones);
      const namespace = names.namespaceOfPod(client);
      return zone === undefined || namespace === undefined ? undefined : { namespace, zone };
    };
  return (query) => {
    const zone = zoneOf(query.name, settings.zones);
    if (zone === undefined) return next(query);
    const reply = replyTo(query.bytes);
    if (!reply) return { bytes: query.bytes, by: "", lasting: false };
    if (query.type === types.AXFR || query.type === types.IXFR) return finished(reply, rcodes.REFUSED!);
    const lookup = lookupOf(query, zone, names);
    if (!lookup.found && falls(settings.fall, query.name)) return next(query);
    const authoritative = { ...reply, flags: reply.flags | 0x0400 };
    const soa = soaOf({ zone: ending(reply.question.name, zone), server: nameServer(zone), serial: names.version, ttl: settings.ttl });
    if (lookup.found) return found(authoritative, { lookup, names, zone, soa, settings, query, running });
    if (!names.synced) return finished(reply, rcodes.SERVFAIL!);
    authoritative.authorities.push(soa);
    return finished(authoritative, rcodes.NXDOMAIN!);
  };
}

/** The zone as the question has it: in its letters. */
const ending = (name: string, zone: string): string => (zone === "" ? "" : name.replace(/\.$/, "").slice(-zone.length));

function lookupOf({ name, type }: Query, zone: string, names: ClusterNames): Lookup {
  if (!isReverse(zone)) return names.lookup(zone, name);
  if (name === zone) return { found: true, records: [] };
  return type === types.PTR && addressOfReverse(name) !== undefined ? names.reverse(name) : { found: false };
}

interface Found {
  lookup: Lookup & { found: true };
  names: ClusterNames;
  zone: string;
  soa: Resource;
  settings: Settings;
  query: Query;
  running: Running;
}

function found(reply: Message, { lookup, names, zone, soa, settings, query, running }: Found): Reply | Promise<Reply> {
  const leadsTo = fill(reply, {
    name: reply.question.name,
    records: lookup.records,
    lookup: (target) => {
      const plain = target.toLowerCase();
      if (!isWithin(plain, zone)) return undefined;
      const there = names.lookup(zone, plain);
      return there.found ? there.records : [];
    },
    ttl: settings.ttl,
    soa,
  });
  const asked = leadsTo === undefined ? undefined : aliasQuery(query, leadsTo);
  if (!asked) return finished(reply, rcodes.NOERROR!);
  return running.ask(asked).then(({ bytes }) => {
    reply.answers.push(...(readMessage(bytes)?.answers ?? []));
    return { ...finished(reply, rcodes.NOERROR!), lasting: false };
  });
}

function finished(reply: Message, rcode: number): Reply {
  return { bytes: writeMessage({ ...reply, rcode }), by: "kubernetes", lasting: rcode !== rcodes.SERVFAIL };
}
