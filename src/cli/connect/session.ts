/** One run of a command: its flags and arguments, where it prints, and the server it talks to (connected on first use). */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "#base/mod.ts";
import type { PluginPolicy } from "#client/kubeconfig/plugin-policy.ts";
import { CliError } from "../failure.ts";
import { type Flags, parseBool, parseDuration } from "../input/flags.ts";
import { klogHead } from "../stamps.ts";
import type { Mapper, ResourceInfo } from "./discovery.ts";
import type { Kubeconfig, Target } from "./kubeconfig.ts";
import type { Rest } from "./rest.ts";
import type { Trace } from "./trace.ts";

export interface Io {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  env: Record<string, string | undefined>;
  cwd: string;
  signal?: AbortSignal;
  clock: Clock;
}

export type DryRun = "none" | "client" | "server";

export class Session {
  readonly io: Io;
  readonly flags: Flags;
  readonly args: string[];
  /** Arguments that stood before `--`, or -1. */
  readonly dash: number;
  /** The command as users write it, `kubectl rollout status`. */
  readonly command: string;
  #config: Promise<Kubeconfig> | undefined;
  #rest: Promise<Rest> | undefined;
  #mapper: Promise<Mapper> | undefined;
  #mapperIsFresh = false;
  #dryRun: DryRun | undefined;
  #warned = new Set<string>();
  warnings = 0;

  /** The command that words name, as far as they name one. */
  readonly commandOf: (words: string[]) => string[];
  readonly #pluginPolicy: PluginPolicy | undefined;

  constructor(options: {
    io: Io;
    flags: Flags;
    args: string[];
    dash: number;
    command: string;
    pluginPolicy?: PluginPolicy;
    commandOf?: (words: string[]) => string[];
  }) {
    this.commandOf = options.commandOf ?? (() => []);
    this.#pluginPolicy = options.pluginPolicy;
    this.io = options.io;
    this.flags = options.flags;
    this.args = options.args;
    this.dash = options.dash;
    this.command = options.command;
  }

  out(text: string): void {
    this.io.stdout.write(text);
  }
  line(text: string): void {
    this.io.stdout.write(`${text}\n`);
  }
  err(text: string): void {
    this.io.stderr.write(text);
  }
  warn(message: string): void {
    this.warnings++;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    const tty = (this.io.stderr as { isTTY?: boolean }).isTTY;
    this.err(tty ? `\x1b[33;1mWarning:\x1b[0m ${message}\n` : `Warning: ${message}\n`);
  }
  /** A line of upstream's log, a warning at first, with the place in it that users search for. */
  log(place: string, text: string, severity: "W" | "I" = "W"): void {
    this.err(`${klogHead(severity, this.now())} ${place}] ${text}\n`);
  }
  now(): number {
    return this.io.clock.now();
  }

  config(): Promise<Kubeconfig> {
    this.#config ??= import("./kubeconfig.ts").then(({ load }) =>
      load(this.io, this.flags.given("kubeconfig") ? this.flags.text("kubeconfig") : ""),
    );
    return this.#config;
  }
  target(): Promise<Target> {
    return this.#resolve(false);
  }
  /** The same for who would connect before anything else: what is missing is told of in the words of that step. */
  clientTarget(): Promise<Target> {
    return this.#resolve(true);
  }
  async #resolve(clientFirst: boolean): Promise<Target> {
    const config = await this.config();
    const target = (await import("./kubeconfig.ts")).targetOf(config, this.flags, { place: this.io, clientFirst });
    return this.#pluginPolicy ? { ...target, pluginPolicy: this.#pluginPolicy } : target;
  }
  async namespace(): Promise<string> {
    return (await this.target()).namespace;
  }

  rest(): Promise<Rest> {
    this.#rest ??= this.#connect();
    return this.#rest;
  }
  async #connect(): Promise<Rest> {
    const target = await this.#resolve(true);
    const { Rest } = await import("./rest.ts");
    const { flags } = this;
    const headers: Record<string, string | string[]> = { "user-agent": "kubectl/v1.36.4 (spoke)" };
    const { as, "as-uid": uid, "as-groups": groups = [], "as-user-extra": extra = {} } = target.user;
    if (as) headers["impersonate-user"] = as;
    if (uid) headers["impersonate-uid"] = uid;
    if (groups.length > 0) headers["impersonate-group"] = groups;
    for (const [key, values] of Object.entries(extra)) headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = values;
    const level = flags.int("v");
    const timeout = flags.text("request-timeout");
    const timeoutMs = /^\d+$/.test(timeout) ? Number(timeout) * 1000 : parseDuration(timeout);
    if (timeoutMs === undefined)
      throw new CliError(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
      );
    const rest = new Rest({
      target,
      headers,
      timeoutMs,
      clock: this.io.clock,
      warn: (message) => this.warn(message),
      trace: level >= 6 ? await this.#trace(level) : undefined,
    });
    if (flags.bool("match-server-version")) await (await import("./versions.ts")).requireSameVersion(rest);
    return rest;
  }

  async #trace(level: number): Promise<Trace> {
    const { Trace } = await import("./trace.ts");
    const trace = new Trace({ level, now: () => this.now(), write: (text) => this.err(text) });
    const { kubeconfigFiles } = await import("./kubeconfig.ts");
    const { existsSync } = await import("../input/files.ts");
    const files = this.flags.given("kubeconfig") ? [this.flags.text("kubeconfig")] : kubeconfigFiles(this.io);
    for (const file of files) if (existsSync(file)) trace.say("loader.go:407", `Config loaded from file:  ${file}`);
    return trace;
  }

  cacheDir(): string {
    return this.flags.text("cache-dir") || this.io.env.KUBECACHEDIR || join(this.io.env.HOME || homedir(), ".kube", "cache");
  }

  mapper(): Promise<Mapper> {
    this.#mapper ??= this.#discover(false);
    return this.#mapper;
  }
  /** Asks the server again, once, because a name was not found in the cache. */
  async freshMapper(): Promise<Mapper> {
    if (!this.#mapperIsFresh) this.#mapper = this.#discover(true);
    return this.mapper();
  }
  async #discover(fresh: boolean): Promise<Mapper> {
    const { discover, Mapper } = await import("./discovery.ts");
    const { found, cached } = await discover(await this.rest(), { cacheDir: this.cacheDir(), fresh, nowMs: this.now() });
    this.#mapperIsFresh = !cached;
    return new Mapper(found);
  }

  /** The resource called `argument`; asks the server afresh before it gives up. */
  async resource(argument: string): Promise<ResourceInfo> {
    const known = (await this.mapper()).find(argument) ?? (await this.freshMapper()).find(argument);
    if (known) return known;
    const { noResourceType } = await import("./discovery.ts");
    throw noResourceType(argument);
  }

  async resourceOfKind(object: { apiVersion?: string; kind?: string }): Promise<ResourceInfo | undefined> {
    const { splitApiVersion } = await import("./discovery.ts");
    const { group, version } = splitApiVersion(object.apiVersion ?? "");
    return (
      (await this.mapper()).kind(group, version, object.kind ?? "") ?? (await this.freshMapper()).kind(group, version, object.kind ?? "")
    );
  }

  /** --dry-run's meaning. */
  dryRun(): DryRun {
    this.#dryRun ??= this.#readDryRun();
    return this.#dryRun;
  }
  #readDryRun(): DryRun {
    if (!this.flags.has("dry-run")) return "none";
    const value = this.flags.text("dry-run");
    if (value === "none" || value === "client" || value === "server") return value;
    const boolean = parseBool(value);
    if (value !== "unchanged" && boolean === undefined)
      throw new CliError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
    const instead = boolean === false ? "none" : "client";
    if (boolean === undefined) this.log("helpers.go:719", "--dry-run is deprecated and can be replaced with --dry-run=client.");
    else this.log("helpers.go:733", `--dry-run=${value} is deprecated (boolean value) and can be replaced with --dry-run=${instead}.`);
    return instead;
  }

  async close(): Promise<void> {
    if (this.#rest) (await this.#rest.catch(() => undefined))?.close();
  }
}
