/**
 * Finds plugins by their sockets in a folder, asks each who it is, and hands it to whoever knows its kind: upstream's plugin
 * registration, v1. A socket that goes takes its plugin with it; one that was made anew is asked anew.
 */
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { backoffMs, type Clock, every, type Lifetime, type Log, messageOf } from "#base/mod.ts";
import { describeMessages, type GrpcClient, grpcClient } from "#net/mod.ts";

export const registrationMessages = describeMessages(`
InfoRequest
PluginInfo
  1 type string
  2 name string
  3 endpoint string
  4 supported_versions repeated string
RegistrationStatus
  1 plugin_registered bool
  2 error string
RegistrationStatusResponse
`);

export interface PluginInfo {
  type: string;
  name: string;
  /** Where it is asked; that of its registration when it does not say. */
  endpoint: string;
  supportedVersions: string[];
}

/** Knows one kind of plugins. */
export interface PluginHandler {
  /** Throws why it cannot be taken: the plugin is told. */
  register(info: PluginInfo): void;
  deregister(info: PluginInfo): void;
}

interface Known {
  /** Of which file it is. */
  mark: string;
  info?: PluginInfo;
  failures: number;
  nextTryMs: number;
}

const lookMs = 1000;
const callMs = 10_000;
const retry = { baseMs: 1000, maxMs: 120_000 };
/** Sockets that are looked at, at most. */
const mostPlugins = 200;

interface RegistryOptions {
  folder: string;
  /** By the word that plugins say of themselves; sockets of other kinds are left alone. */
  handlers: Readonly<Record<string, PluginHandler>>;
  clock: Clock;
  log: Log;
}

export async function startPluginRegistry(options: RegistryOptions, lifetime: Lifetime): Promise<void> {
  const { folder, clock } = options;
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const known = new Map<string, Known>();
  const timer = every(clock, lookMs, () =>
    look(options, known).catch((error) => options.log.warn("kubelet: plugins are not looked for", { error: messageOf(error) })),
  );
  lifetime.add(() => timer.cancel());
}

async function look(options: RegistryOptions, known: Map<string, Known>): Promise<void> {
  const { handlers, clock } = options;
  const sockets = await socketsIn(options.folder);
  for (const [path, { mark, info }] of [...known]) {
    if (sockets.get(path) === mark) continue;
    known.delete(path);
    if (info) handlers[info.type]?.deregister(info);
  }
  const due = [...sockets].filter(([path]) => {
    const before = known.get(path);
    return !before || (!before.info && before.nextTryMs <= clock.now());
  });
  await Promise.all(due.map(([path, mark]) => introduce(path, mark, options, known)));
}

async function socketsIn(folder: string): Promise<Map<string, string>> {
  const sockets = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSocket() || entry.name.startsWith(".") || sockets.size >= mostPlugins) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (found) sockets.set(path, `${found.ino} ${found.ctimeMs}`);
  }
  return sockets;
}

async function introduce(path: string, mark: string, { handlers, clock, log }: RegistryOptions, known: Map<string, Known>): Promise<void> {
  const failures = (known.get(path)?.failures ?? 0) + 1;
  known.set(path, { mark, failures, nextTryMs: clock.now() + backoffMs(failures, retry) });
  const client = grpcClient(path, registrationMessages);
  try {
    const info = await ask<PluginInfo>(client, "GetInfo", ["InfoRequest", {}], "PluginInfo");
    const handler = handlers[info.type];
    const plugin = { ...info, endpoint: info.endpoint || path };
    const error = handler ? refusalOf(handler, plugin) : `no handler registered for plugin type: ${info.type} at socket ${path}`;
    await ask(
      client,
      "NotifyRegistrationStatus",
      ["RegistrationStatus", { pluginRegistered: !error, error: error ?? "" }],
      "RegistrationStatusResponse",
    );
    if (error) return log.warn("kubelet: a plugin is not taken", { socket: path, error });
    known.set(path, { mark, failures: 0, nextTryMs: 0, info: plugin });
    log.info("kubelet: a plugin has registered", { type: info.type, name: info.name, endpoint: plugin.endpoint });
  } catch (error) {
    log.debug("kubelet: a plugin does not answer", { socket: path, error: messageOf(error) });
  } finally {
    client.close();
  }
}

function refusalOf(handler: PluginHandler, info: PluginInfo): string | undefined {
  try {
    handler.register(info);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const ask = <T>(client: GrpcClient, method: string, request: [string, object], response: string): Promise<T> =>
  client.unary<T>(`/pluginregistration.Registration/${method}`, request, response, { timeoutMs: callMs });
