/** `cache`: remembers answers, so that not each question goes out; those that the node itself knows are made anew each time. */

import { type CacheSettings, remembering } from "../cache.ts";
import type { Directive } from "../corefile/parse.ts";
import { dotted, zoneOf } from "../message.ts";
import { durationOf, type Handler, type Made, type Plugin, refuse, unknown, wholeNumber, wrongCount, zonesFrom } from "./plugin.ts";

const leastEntries = 1024;
const shards = 256;
const mostServfailMs = 300_000;

export const cache: Plugin = {
  name: "cache",
  read(lines, context): Made {
    const directive = lines[0]!;
    const settings: CacheSettings = {
      success: { most: 9984, mostSeconds: 3600, leastSeconds: 5, except: [] },
      denial: { most: 9984, mostSeconds: 1800, leastSeconds: 5, except: [] },
      failureSeconds: 5,
      prefetch: undefined,
      stale: undefined,
      keepTtl: false,
    };
    let words = directive.args;
    if (/^[-+]?\d+$/.test(words[0] ?? "")) {
      const seconds = wholeNumber(directive, words[0], 1);
      settings.success.mostSeconds = seconds;
      settings.denial.mostSeconds = seconds;
      words = words.slice(1);
    }
    const zones = zonesFrom(directive, words, context.zones);
    for (const line of directive.block ?? []) readLine(line, settings, zones);
    return {
      link: (next, running): Handler => {
        const labels = { server: running.server, zones: zones.map(dotted).join(","), view: "" };
        const cached = remembering(next, settings, running, labels);
        return (query) => (zoneOf(query.name, zones) === undefined ? next(query) : cached(query));
      },
    };
  },
};

function readLine(line: Directive, settings: CacheSettings, zones: readonly string[]): void {
  const { args } = line;
  switch (line.name) {
    case "success":
    case "denial": {
      if (args.length < 1 || args.length > 3) wrongCount(line);
      const kind = settings[line.name];
      const entries = wholeNumber(line, args[0]);
      kind.most = Math.max(leastEntries, entries - (entries % shards));
      if (args[1] !== undefined) kind.mostSeconds = wholeNumber(line, args[1], 1);
      if (args[2] !== undefined) kind.leastSeconds = wholeNumber(line, args[2]);
      return;
    }
    case "prefetch": {
      if (args.length < 1 || args.length > 3) wrongCount(line);
      const percent = args[2] === undefined ? 10 : Number(/^(\d+)%$/.exec(args[2])?.[1] ?? Number.NaN);
      if (Number.isNaN(percent)) refuse(line, `last character of percentage should be \`%\`, but is: "${args[2]}"`);
      if (percent < 10 || percent > 90) refuse(line, `percentage should fall in range [10, 90]: ${percent}`);
      const amount = wholeNumber(line, args[0], 0);
      settings.prefetch = amount === 0 ? undefined : { amount, gapMs: args[1] === undefined ? 60_000 : durationOf(line, args[1]), percent };
      return;
    }
    case "serve_stale": {
      if (args.length > 2) wrongCount(line);
      const mode = (args[1] ?? "immediate").toLowerCase();
      if (mode !== "immediate" && mode !== "verify") refuse(line, `invalid value for serve_stale refresh mode: ${args[1]}`);
      settings.stale = { mostMs: args[0] === undefined ? 3_600_000 : durationOf(line, args[0]), verify: mode === "verify" };
      return;
    }
    case "servfail": {
      if (args.length !== 1) wrongCount(line);
      const ms = durationOf(line, args[0]!);
      if (ms > mostServfailMs) refuse(line, "caching SERVFAIL responses over 5 minutes is not permitted");
      settings.failureSeconds = ms / 1000;
      return;
    }
    case "disable": {
      if (args[0] !== "success" && args[0] !== "denial") refuse(line, 'cache type for disable must be "success" or "denial"');
      settings[args[0] as "success" | "denial"].except = zonesFrom(line, args.slice(1), zones);
      return;
    }
    case "keepttl":
      if (args.length > 0) wrongCount(line);
      settings.keepTtl = true;
      return;
    default:
      unknown(line, "cache");
  }
}
