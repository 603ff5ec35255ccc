/** What a plugin of a Corefile is: it reads its lines, and makes a link of the chain that answers queries. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { parseGoDuration } from "#codec/go-duration.ts";
import type { Directive } from "../corefile/parse.ts";
import { CorefileError } from "../corefile/tokens.ts";
import { zonesOf } from "../corefile/zones.ts";
import { isWithin, rcodes } from "../message.ts";
import type { Metrics } from "../metrics.ts";
import type { NameSource, NamesOptions } from "../names.ts";
import type { ServerSettings } from "./server-settings.ts";

export interface Query {
  bytes: Buffer;
  /** Plain: in lower case, without the last dot. */
  name: string;
  type: number;
  class: number;
  /** Over TCP. */
  stream: boolean;
  client: string;
  clientPort: number;
  /** How many aliases led here. */
  depth?: number;
}

export interface Reply {
  bytes: Buffer;
  /** The plugin that made it. */
  by: string;
  /** The same bytes are right until the cluster's names or the configuration change. */
  lasting: boolean;
  /** Why it is a failure, for who logs errors. */
  problem?: string;
}

export type Handler = (query: Query) => Reply | Promise<Reply>;

/** What plugins need of the process; each configuration in force has one. */
export interface Running {
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  /** Of the server that the chain is of, as metrics have it: `dns://:53`. */
  server: string;
  /** The first zone of the server. */
  zone: string;
  names: NameSource;
  /** Asks this server as a client would, for what an alias leads to. */
  ask(query: Query): Promise<Reply>;
  /** Aborts when another configuration is in force. */
  signal: AbortSignal;
  /** Tells of trouble on the ConfigMap. */
  tell(reason: string, message: string): void;
  /** Of `kubernetes` with verified pods: in which namespace who asks lives, and the zone that the name is of. */
  podZone?(name: string, client: string): { namespace: string; zone: string } | undefined;
}

export interface Context {
  /** Plain names of the server's zones. */
  zones: readonly string[];
  /** What a plugin may read: other keys of the ConfigMap, and what pods have at these places. */
  readFile(path: string): string | undefined;
  /** Of the node, for `/etc/resolv.conf`. */
  resolvers: readonly string[];
  /** All lines of the server block. */
  siblings: readonly Directive[];
}

export type Link = (next: Handler, running: Running) => Handler;

export interface Made {
  link?: Link;
  settings?: ServerSettings;
  /** What it asks of the cluster's names. */
  names?: NamesOptions;
}

export interface Plugin {
  name: string;
  /** More than one line of it may stand in a server block. */
  several?: boolean;
  read(lines: readonly Directive[], context: Context): Made;
}

export const refuse = (directive: Directive, message: string): never => {
  throw new CorefileError(directive, message);
};

export const wrongCount = (directive: Directive): never =>
  refuse(directive, `Wrong argument count or unexpected line ending after '${directive.args.at(-1) ?? directive.name}'`);

export const noArgs = (directive: Directive): void => {
  if (directive.args.length > 0) wrongCount(directive);
  if (directive.block?.length) refuse(directive.block[0]!, `unknown property '${directive.block[0]!.name}'`);
};

export const unknown = (line: Directive, plugin: string): never => refuse(line, `plugin/${plugin}: unknown property '${line.name}'`);

/** Words as zones; none: those of the server. */
export function zonesFrom(directive: Directive, words: readonly string[], otherwise: readonly string[]): string[] {
  if (words.length === 0) return [...otherwise];
  return words.flatMap((word) => zonesOf(word) ?? refuse(directive, `plugin/${directive.name}: unable to normalize '${word}'`));
}

/** Which names go on to the next plugin: undefined for none. */
export type Fall = readonly string[] | undefined;
export const fallOf = (line: Directive): Fall => (line.args.length === 0 ? [""] : zonesFrom(line, line.args, []));
export const falls = (fall: Fall, name: string): boolean => fall?.some((zone) => isWithin(name, zone)) ?? false;

export function wholeNumber(line: Directive, text: string | undefined, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^[-+]?\d+$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (text === undefined) return wrongCount(line);
  if (Number.isNaN(value)) return refuse(line, `${line.name}: '${text}' is no whole number`);
  if (value < least || value > most) return refuse(line, `${line.name} must be in range [${least}, ${most}]: ${value}`);
  return value;
}

/** Milliseconds. */
export function durationOf(line: Directive, text: string | undefined): number {
  const ms = parseGoDuration(text ?? "");
  if (ms === undefined) return refuse(line, `${line.name}: invalid duration "${text ?? ""}"`);
  if (ms < 0) return refuse(line, `${line.name} can't be negative: ${text}`);
  return ms;
}

/** `NXDOMAIN`, or its number where numbers are taken too. */
export function rcodeOf(line: Directive, text: string | undefined): number {
  const known = rcodes[(text ?? "").toUpperCase()];
  return known ?? refuse(line, `${text} is not a valid rcode`);
}
