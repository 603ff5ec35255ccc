/** `autopath`: walks the search path of a pod for it, at the first name that it tries. */
import type { Directive } from "../corefile/parse.ts";
import { classes, isWithin, plainName, rcodes, readMessage, types, writeMessage, zoneOf } from "../message.ts";
import { queryFor } from "./alias.ts";
import { type Handler, type Made, type Plugin, type Query, type Reply, type Running, refuse, wrongCount, zonesFrom } from "./plugin.ts";

/** Plain names; the last one is empty: the name as it is. */
type PathOf = (query: Query, running: Running) => readonly string[];

export const autopath: Plugin = {
  name: "autopath",
  read(lines, context): Made {
    const directive = lines[0]!;
    if (directive.args.length === 0) wrongCount(directive);
    const from = directive.args.at(-1)!;
    const zones = zonesFrom(directive, directive.args.slice(0, -1), context.zones);
    const pathOf = from.startsWith("@") ? ofPods(directive, from, context.siblings) : ofFile(directive, context.readFile(from));
    return {
      link: (next, running) => (query) => {
        if (zoneOf(query.name, zones) === undefined) return next(query);
        const path = pathOf(query, running);
        if (path.length === 0 || !isWithin(query.name, path[0]!)) return next(query);
        return walk(query, path, next, running);
      },
    };
  },
};

function ofPods(directive: Directive, from: string, siblings: readonly Directive[]): PathOf {
  if (from !== "@kubernetes") refuse(directive, `failed to use autopath function of plugin: ${from.slice(1)}`);
  const kubernetes =
    siblings.find(({ name }) => name === "kubernetes") ?? refuse(directive, "plugin/autopath: kubernetes is not in this server");
  const verified = kubernetes.block?.some(({ name, args }) => name === "pods" && args[0] === "verified");
  if (!verified) refuse(directive, "plugin/autopath: kubernetes needs 'pods verified', to know whose address asks");
  return (query, { podZone }) => {
    const found = podZone?.(query.name, query.client);
    if (!found) return [];
    const { namespace, zone } = found;
    return zone === "" ? [`${namespace}.svc`, "svc", ""] : [`${namespace}.svc.${zone}`, `svc.${zone}`, zone, ""];
  };
}

function ofFile(directive: Directive, text: string | undefined): PathOf {
  if (text === undefined)
    refuse(directive, `failed to parse "${directive.args.at(-1)}": it can be @kubernetes, or another key of the ConfigMap`);
  const line = [...text!.matchAll(/^\s*search\s+(.+)$/gm)].at(-1)?.[1] ?? "";
  const path = [...line.trim().split(/\s+/).filter(Boolean).map(plainName), ""];
  return () => path;
}

/** The first answer that does not deny the name, with an alias that leads to it; else what was answered first. */
async function walk(query: Query, path: readonly string[], next: Handler, running: Running): Promise<Reply> {
  const asked = readMessage(query.bytes)?.question.name ?? query.name;
  const base = asked.slice(0, asked.length - path[0]!.length - 1);
  let first: Reply | undefined;
  for (const domain of path) {
    const name = [base, domain].filter(Boolean).join(".");
    const other = name.toLowerCase() === query.name ? query : queryFor(query, name);
    if (!other) continue;
    const reply = await next(other);
    first ??= reply;
    const message = readMessage(reply.bytes);
    const rcode = reply.bytes[3]! & 0x0f;
    if (!message || (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) || rcode === rcodes.NXDOMAIN) continue;
    running.metrics.counter("coredns_autopath_success_total", "Queries whose search path was walked.", { server: running.server }).value++;
    if (other === query) return { ...reply, lasting: false };
    const ttl = message.answers[0]?.ttl ?? 0;
    message.answers.unshift({ name: asked, type: types.CNAME!, class: classes.IN!, ttl, data: [name] });
    message.question = { ...message.question, name: asked };
    return { bytes: writeMessage(message), by: reply.by, lasting: false };
  }
  return { ...(first ?? (await next(query))), lasting: false };
}
