/** Plugins that answer nothing: ports that tell of the process, the order of addresses, and what is done here anyway. */
import type { Directive } from "../corefile/parse.ts";
import { durationOf, type Made, noArgs, type Plugin, refuse, unknown, wrongCount } from "./plugin.ts";
import type { HttpPlace } from "./server-settings.ts";

/** `:9153`, `localhost:8080`: upstream takes a host too, of which there are none here but the address that DNS is answered at. */
function placeOf(directive: Directive, port: number): HttpPlace {
  if (directive.args.length > 1) wrongCount(directive);
  const [place] = directive.args;
  if (place === undefined) return { port };
  const [, host, number] = /^(.*):(\d+)$/.exec(place) ?? refuse(directive, `${directive.name}: '${place}' is no address with a port`);
  if (host !== "" && host !== "0.0.0.0" && host !== "[::]")
    refuse(
      directive,
      `${directive.name}: '${place}': it is opened at the addresses that DNS is answered at; ':${number}' is what can be said`,
    );
  if (Number(number) < 1 || Number(number) > 65_535) refuse(directive, `${directive.name}: ${number} is no port`);
  return { port: Number(number) };
}

export const prometheus: Plugin = {
  name: "prometheus",
  read(lines): Made {
    const directive = lines[0]!;
    if (directive.block?.length) unknown(directive.block[0]!, "prometheus");
    return { settings: { metrics: placeOf(directive, 9153) } };
  },
};

/** Who stops the process waits ten seconds. */
const mostLameduckMs = 8000;

export const health: Plugin = {
  name: "health",
  read(lines): Made {
    const directive = lines[0]!;
    let lameduckMs = 0;
    for (const line of directive.block ?? []) {
      if (line.name !== "lameduck") unknown(line, "health");
      if (line.args.length !== 1) wrongCount(line);
      lameduckMs = durationOf(line, line.args[0]);
      if (lameduckMs > mostLameduckMs) refuse(line, `lameduck can be 8s at most: ${line.args[0]}`);
    }
    return { settings: { health: { ...placeOf(directive, 8080), lameduckMs } } };
  },
};

export const ready: Plugin = {
  name: "ready",
  read(lines): Made {
    const directive = lines[0]!;
    let always = false;
    for (const line of directive.block ?? []) {
      if (line.name !== "monitor") unknown(line, "ready");
      if (line.args.length !== 1) wrongCount(line);
      if (line.args[0] !== "until-ready" && line.args[0] !== "continuously")
        refuse(line, `monitor must be one of until-ready or continuously: ${line.args[0]}`);
      always = line.args[0] === "continuously";
    }
    return { settings: { ready: { ...placeOf(directive, 8181), always } } };
  },
};

export const loadbalance: Plugin = {
  name: "loadbalance",
  read(lines): Made {
    const directive = lines[0]!;
    const [policy = "round_robin"] = directive.args;
    if (directive.args.length > 1) wrongCount(directive);
    if (policy !== "round_robin") refuse(directive, `plugin/loadbalance: '${policy}' is not there: round_robin is`);
    if (directive.block?.length) refuse(directive.block[0]!, `plugin/loadbalance: '${directive.block[0]!.name}' is not there`);
    return { settings: { rotates: true } };
  },
};

const leastIntervalMs = 2000;
const leastJitterMs = 1000;

/** A changed ConfigMap is taken at once, which is within every interval. */
export const reload: Plugin = {
  name: "reload",
  read(lines): Made {
    const directive = lines[0]!;
    if (directive.args.length > 2) wrongCount(directive);
    const [interval, jitter] = directive.args.map((word) => durationOf(directive, word));
    if (interval !== undefined && interval > 0 && interval < leastIntervalMs)
      refuse(directive, "interval value must be greater or equal to 2s");
    if (jitter !== undefined && jitter > 0 && jitter < leastJitterMs) refuse(directive, "jitter value must be greater or equal to 1s");
    noArgs({ ...directive, args: [] });
    return {};
  },
};
