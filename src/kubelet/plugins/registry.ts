/**
 * Plugins of the node that register by a socket in a folder: each is asked what it is, the handler of its type takes it or says why
 * not, and it is told. A socket that goes takes its plugin along; one that is made anew is asked anew.
 */
import { lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, every, type Lifetime, type Log, messageOf } from "#base/mod.ts";
import { describeMessages, type GrpcClient, grpcClient } from "#net/mod.ts";
import { runtimeMessage } from "../images/images.ts";

/** pluginregistration v1: number, name, type. Facts of the interface. */
export const registrationMessages = describeMessages(`
PluginInfo
  1 type string
  2 name string
  3 endpoint string
  4 supported_versions repeated string
RegistrationStatus
  1 plugin_registered bool
  2 error string
RegistrationStatusResponse
InfoRequest
`);

export interface PluginInfo {
  /** As an extended resource or a driver is called. */
  name: string;
  /** The socket on which it does its work; that of its registration when it does not say. */
  endpoint: string;
  supportedVersions: readonly string[];
  /** It named its socket as pods of this node do, and sees paths as they do. */
  inPod: boolean;
}

/** Takes plugins of one type. What `validate` and `register` throw is told to the plugin, which is asked again later. */
export interface PluginHandler {
  validate?(plugin: PluginInfo): void | Promise<void>;
  register(plugin: PluginInfo): void | Promise<void>;
  deregister(plugin: PluginInfo): void | Promise<void>;
}

export type PluginType = "CSIPlugin" | "DevicePlugin" | "DRAPlugin";

export interface PluginRegistryOptions {
  folder: string;
  /** A type that is not named is refused. */
  handlers: Readonly<Partial<Record<PluginType, PluginHandler>>>;
  /** What a plugin's word for its own socket, a path of the node, is on this machine. */
  onMachine(path: string): string;
  clock: Clock;
  log: Log;
}

/** A socket of the folder, and how far its plugin has come. */
interface Known {
  /** Another one when the socket was made anew. */
  id: string;
  failures: number;
  /** Not asked again before, on the clock's monotonic time. */
  notBefore: number;
  registered?: { plugin: PluginInfo; handler: PluginHandler };
  /** Something is being done about it: one thing at a time. */
  busy: boolean;
}

const lookMs = 1000;
const infoMs = 1000;
const notifyMs = 5000;
/** Upstream's waits between attempts. */
const firstRetryMs = 500;
const longestRetryMs = 122_000;
const mostSockets = 200;
const deepest = 8;

const method = (name: string) => `/pluginregistration.Registration/${name}`;

export class PluginRegistry {
  readonly #options: PluginRegistryOptions;
  readonly #known = new Map<string, Known>();
  readonly #ended = new AbortController();

  constructor(options: PluginRegistryOptions) {
    this.#options = options;
  }

  async start(lifetime: Lifetime): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o755 });
    const timer = every(this.#options.clock, lookMs, async () => void (await this.#begin()));
    lifetime.add(() => {
      timer.cancel();
      this.#ended.abort();
    });
  }

  /** Looks once at the folder, and does to its end what that asks for. */
  async look(): Promise<void> {
    await Promise.all(await this.#begin());
  }

  /** What has begun is in a list of its own: a plugin that is slow does not hold up the others. */
  async #begin(): Promise<Promise<void>[]> {
    const found = await socketsIn(this.#options.folder);
    if (this.#ended.signal.aborted) return [];
    const begun: Promise<void>[] = [];
    for (const [path, known] of this.#known)
      if (!known.busy && found.get(path) !== known.id) begun.push(this.#alone(known, () => this.#forget(path, known)));
    const now = this.#options.clock.monotonic();
    for (const [path, id] of found) {
      const known = this.#known.get(path) ?? { id, failures: 0, notBefore: 0, busy: false };
      if (known.busy || known.registered || known.notBefore > now) continue;
      if (this.#known.size >= mostSockets && !this.#known.has(path)) continue;
      this.#known.set(path, known);
      begun.push(this.#alone(known, () => this.#ask(path, known)));
    }
    return begun;
  }

  async #alone(known: Known, work: () => Promise<void>): Promise<void> {
    known.busy = true;
    try {
      await work();
    } finally {
      known.busy = false;
    }
  }

  async #ask(path: string, known: Known): Promise<void> {
    const { clock, log } = this.#options;
    const client = grpcClient(path, registrationMessages);
    try {
      await this.#register(path, known, client);
      known.failures = 0;
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      known.notBefore = clock.monotonic() + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(known.failures++, 10));
      log.warn("kubelet: a plugin could not be registered", { socket: path, error: messageOf(error) });
    } finally {
      client.close();
    }
  }

  async #register(path: string, known: Known, client: GrpcClient): Promise<void> {
    const info = await client
      .unary<{ type: string; name: string; endpoint: string; supportedVersions: string[] }>(
        method("GetInfo"),
        ["InfoRequest", {}],
        "PluginInfo",
        { timeoutMs: infoMs, signal: this.#ended.signal },
      )
      .catch((error) => {
        throw new Error(
          `RegisterPlugin error -- failed to get plugin info using RPC GetInfo at socket ${path}, err: ${runtimeMessage(error)}`,
        );
      });
    const refuse = async (why: string): Promise<never> => {
      const text = `RegisterPlugin error -- ${why}`;
      await this.#notify(client, { pluginRegistered: false, error: text });
      throw new Error(text);
    };
    const handler = Object.hasOwn(this.#options.handlers, info.type) ? this.#options.handlers[info.type as PluginType] : undefined;
    if (!handler) return refuse(`no handler registered for plugin type: ${info.type} at socket ${path}`);
    const endpoint = info.endpoint ? this.#options.onMachine(info.endpoint) : path;
    const plugin: PluginInfo = {
      name: info.name,
      endpoint,
      supportedVersions: info.supportedVersions,
      inPod: info.endpoint !== "" && endpoint !== info.endpoint,
    };
    try {
      await handler.validate?.(plugin);
    } catch (error) {
      return refuse(`plugin validation failed with err: ${runtimeMessage(error)}`);
    }
    try {
      await handler.register(plugin);
    } catch (error) {
      return refuse(`plugin registration failed with err: ${runtimeMessage(error)}`);
    }
    try {
      await this.#notify(client, { pluginRegistered: true, error: "" });
    } catch (error) {
      await handler.deregister(plugin);
      throw new Error(`RegisterPlugin error -- failed to send registration status at socket ${path}, err: ${runtimeMessage(error)}`);
    }
    known.registered = { plugin, handler };
    this.#options.log.info("kubelet: a plugin has registered", { type: info.type, name: info.name, socket: path });
  }

  async #notify(client: GrpcClient, status: { pluginRegistered: boolean; error: string }): Promise<void> {
    await client.unary(method("NotifyRegistrationStatus"), ["RegistrationStatus", status], "RegistrationStatusResponse", {
      timeoutMs: notifyMs,
      signal: this.#ended.signal,
    });
  }

  /** What takes its place at the same path is asked by the next look: this one is gone by then. */
  async #forget(path: string, gone: Known): Promise<void> {
    const { registered } = gone;
    const isSame = ({ registered: other }: Known) =>
      other?.handler === registered?.handler &&
      other?.plugin.name === registered?.plugin.name &&
      other?.plugin.endpoint === registered?.plugin.endpoint;
    // Another socket may have registered the same plugin: it goes with the last.
    const isElsewhere = [...this.#known.values()].some((other) => other !== gone && isSame(other));
    try {
      if (registered && !isElsewhere) await registered.handler.deregister(registered.plugin);
    } catch (error) {
      this.#options.log.warn("kubelet: a plugin could not be deregistered", { socket: path, error: messageOf(error) });
    } finally {
      this.#known.delete(path);
    }
  }
}

/** Path → what tells it from another at the same place. Names that begin with a dot are not looked at. */
async function socketsIn(folder: string, depth = 0, into = new Map<string, string>()): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name.startsWith(".") || into.size >= mostSockets) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < deepest) await socketsIn(path, depth + 1, into);
    if (!entry.isSocket()) continue;
    // Gone since the look at its folder.
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    if (found) into.set(path, `${found.ino} ${found.birthtimeNs}`);
  }
  return into;
}
