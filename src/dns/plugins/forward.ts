/** `forward`: asks other servers of DNS, those of the node or those that are named. */
import { isIP } from "node:net";
import { hostPort } from "#base/mod.ts";
import type { Directive } from "../corefile/parse.ts";
import { zonesOf } from "../corefile/zones.ts";
import { Forwarder, type ForwardSettings, type Upstream } from "../forward.ts";
import { isWithin, labelsOf, plainName } from "../message.ts";
import {
  type Context,
  durationOf,
  type Link,
  type Made,
  type Plugin,
  rcodeOf,
  refuse,
  unknown,
  wholeNumber,
  wrongCount,
  zonesFrom,
} from "./plugin.ts";

const mostUpstreams = 15;
const resolvConf = "/etc/resolv.conf";
const plainPort = 53;

export const forward: Plugin = {
  name: "forward",
  several: true,
  read(lines, context): Made {
    const all = lines.map((line) => settingsOf(line, context));
    const link: Link = (next, running) =>
      all.reduceRight((after, settings, i) => {
        const forwarder = new Forwarder(settings, running);
        const alternate = i < all.length - 1 ? after : undefined;
        return (query) => {
          const isTaken = isWithin(query.name, settings.from) && !settings.except.some((zone) => isWithin(query.name, zone));
          return isTaken ? forwarder.answer(query, alternate) : after(query);
        };
      }, next);
    return { link };
  },
};

function settingsOf(directive: Directive, context: Context): ForwardSettings {
  const [from, ...to] = directive.args;
  if (from === undefined || to.length === 0) return wrongCount(directive);
  const zones = zonesOf(from) ?? refuse(directive, `plugin/forward: unable to normalize '${from}'`);
  if (zones.length > 1) refuse(directive, `plugin/forward: '${from}' is several zones: its range must end with a label`);
  const settings: ForwardSettings = {
    from: zones[0]!,
    except: [],
    upstreams: to.flatMap((word) => upstreamsOf(directive, word, context)),
    policy: "random",
    maxFails: 2,
    transport: "same",
    check: { everyMs: 500, recursion: true, domain: "" },
    mostUnderWay: undefined,
    next: [],
    failover: [],
    failFast: false,
  };
  if (settings.upstreams.length > mostUpstreams)
    refuse(directive, `plugin/forward: more than ${mostUpstreams} TOs configured: ${settings.upstreams.length}`);
  for (const line of directive.block ?? []) readLine(line, settings);
  return settings;
}

/** None of a resolv.conf is no mistake: this node has no way to names outside of the cluster. */
function upstreamsOf(directive: Directive, word: string, context: Context): Upstream[] {
  const scheme = /^([a-z0-9+]+):\/\//.exec(word)?.[1];
  if (scheme && scheme !== "dns") refuse(directive, `plugin/forward: '${word}': ${scheme}:// is not there; dns:// is`);
  const place = word.replace(/^dns:\/\//, "");
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^[\]:]*))(?::(\d+))?$/.exec(place) ?? [];
  const address = isIP(place) ? place : (bracketed ?? plain ?? "");
  if (isIP(address)) {
    const number = isIP(place) || port === undefined ? plainPort : Number(port);
    if (number < 1 || number > 65_535) refuse(directive, `plugin/forward: '${word}': ${port} is no port`);
    return [{ address, port: number, name: hostPort(address, number) }];
  }
  if (place === resolvConf) return context.resolvers.map((each) => ({ address: each, port: plainPort, name: hostPort(each, plainPort) }));
  const text = context.readFile(place);
  if (text === undefined) refuse(directive, `plugin/forward: not an IP address or file: "${word}"`);
  const servers = [...text!.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!);
  if (servers.length === 0 || servers.some((each) => !isIP(each))) refuse(directive, `plugin/forward: no nameservers found in "${word}"`);
  return servers.map((each) => ({ address: each, port: plainPort, name: hostPort(each, plainPort) }));
}

const policies = ["random", "round_robin", "sequential"] as const;
const notThere: Readonly<Record<string, string>> = {
  tls: "DNS over TLS is not there",
  tls_servername: "DNS over TLS is not there",
  expire: "no connections are kept here",
  max_idle_conns: "no connections are kept here",
  max_connect_attempts: "it is not there",
};

function readLine(line: Directive, settings: ForwardSettings): void {
  const { args } = line;
  const flagOnly = () => args.length > 0 && wrongCount(line);
  const one = () => (args.length === 1 ? args[0]! : wrongCount(line));
  const some = () => (args.length > 0 ? args : wrongCount(line));
  if (notThere[line.name]) refuse(line, `plugin/forward: '${line.name}': ${notThere[line.name]}`);
  switch (line.name) {
    case "except":
      settings.except.push(...zonesFrom(line, some(), []));
      return;
    case "max_fails":
      settings.maxFails = wholeNumber(line, one());
      return;
    case "health_check":
      readCheck(line, settings);
      return;
    case "force_tcp":
    case "prefer_udp":
      flagOnly();
      // Upstream lets the first win when both stand there.
      if (line.name === "force_tcp") settings.transport = "tcp";
      else if (settings.transport === "same") settings.transport = "udp";
      return;
    case "policy": {
      const policy = policies.find((each) => each === one());
      settings.policy = policy ?? refuse(line, `unknown policy '${args[0]}'`);
      return;
    }
    case "max_concurrent": {
      const most = wholeNumber(line, one());
      settings.mostUnderWay = most === 0 ? undefined : most;
      return;
    }
    case "next":
      settings.next = some().map((word) => rcodeOf(line, word));
      return;
    case "failover":
      settings.failover = some().map((word) => rcodeOf(line, word));
      if (settings.failover.includes(0)) refuse(line, "NoError cannot be used in failover");
      return;
    case "failfast_all_unhealthy_upstreams":
      flagOnly();
      settings.failFast = true;
      return;
    default:
      unknown(line, "forward");
  }
}

function readCheck(line: Directive, { check }: ForwardSettings): void {
  const [duration, ...rest] = line.args;
  if (duration === undefined) wrongCount(line);
  check.everyMs = durationOf(line, duration);
  for (let at = 0; at < rest.length; at++) {
    if (rest[at] === "no_rec") check.recursion = false;
    else if (rest[at] === "domain") {
      const domain = rest[++at];
      if (domain === undefined) wrongCount(line);
      if (!labelsOf(domain!)) refuse(line, `health_check: invalid domain name ${domain}`);
      check.domain = plainName(domain!);
    } else refuse(line, `health_check: unknown option ${rest[at]}`);
  }
}
