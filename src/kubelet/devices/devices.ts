/**
 * Devices of the node: plugins register on `device-plugins/kubelet.sock` and tell what they have, pods that ask for it are given
 * some when they are taken, and their containers get what the plugin says. Who has what outlives the kubelet, in a file.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isExtendedResource, type Pod } from "#api/mod.ts";
import { type Clock, type Lifetime, type Log, messageOf } from "#base/mod.ts";
import { serveGrpc } from "#net/mod.ts";
import { runtimeMessage } from "../images/images.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { PluginHandler } from "../plugins/registry.ts";
import type { Refusal } from "../pod/admit.ts";
import type { AnyContainer } from "../pod/containers.ts";
import { amountOf } from "../resources/totals.ts";
import { type Allocation, AllocationError, Allocations, choose } from "./allocations.ts";
import { DeviceInventory } from "./inventory.ts";
import { type DeviceAnswer, type PluginOptions, pluginMessages } from "./messages.ts";
import { DevicePlugin } from "./plugin.ts";

const version = "v1beta1";
const socketName = "kubelet.sock";
/** Upstream's name: tools know it. */
const checkpointName = "kubelet_internal_checkpoint";
/** Of resources at one time: each has a connection of its own. */
const mostPlugins = 200;

export interface DevicesOptions {
  folder: string;
  metrics: Pick<NodeMetrics, "deviceRegistrations" | "deviceAllocations">;
  /** Amounts of the node, or the health of a device, are others than before. */
  onChange(): void;
  clock: Clock;
  log: Log;
}

interface RegisterRequest {
  version: string;
  endpoint: string;
  resourceName: string;
  options?: PluginOptions;
}

/** The state as it lies in the file. */
interface Checkpoint {
  allocations: Allocation[];
  resources: string[];
}

export class Devices {
  readonly #options: DevicesOptions;
  readonly #inventory = new DeviceInventory();
  readonly #plugins = new Map<string, DevicePlugin>();
  #allocations = new Allocations();
  /** Pods are given devices one after the other: two must not be given the same. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /** Reads who has what and opens the door: plugins that see a new socket register anew. */
  async start(lifetime: Lifetime): Promise<void> {
    const { folder, clock } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const { allocations, resources } = await this.#read();
    this.#allocations = new Allocations(allocations);
    for (const resource of resources) this.#inventory.remember(resource, clock.now());
    // Plugins that are still there watch for this: what lies here is of a kubelet before.
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (!entry.isDirectory() && entry.name !== checkpointName) await rm(join(folder, entry.name), { force: true });
    const server = await serveGrpc(join(folder, socketName), pluginMessages, {
      "/v1beta1.Registration/Register": {
        request: "RegisterRequest",
        response: "Empty",
        handle: (request: RegisterRequest) => this.#register(request),
      },
    });
    lifetime.add(async () => {
      for (const plugin of this.#plugins.values()) plugin.close();
      this.#plugins.clear();
      await server.close();
    });
  }

  get inventory(): DeviceInventory {
    return this.#inventory;
  }

  get allocations(): Allocations {
    return this.#allocations;
  }

  /** For the node's status. */
  amounts(): { capacity: Record<string, string>; allocatable: Record<string, string> } {
    return this.#inventory.amounts(this.#options.clock.now());
  }

  /** Gives the pod what it asks for; `active` are the pods that are not over, if that is known. What it cannot be given refuses it. */
  async admit(pod: Pod, active: ReadonlySet<string> | undefined): Promise<Refusal | undefined> {
    const asking = asked(pod).filter(({ resource }) => this.#isOurs(resource));
    if (asking.length === 0) return undefined;
    return this.#inTurn(async () => {
      if (active) this.#allocations.keep(new Set([...active, pod.metadata.uid!]));
      try {
        for (const each of asking) await this.#allocate(pod, each);
        return undefined;
      } catch (error) {
        this.#allocations.forget(pod.metadata.uid!);
        const text = runtimeMessage(error);
        return { reason: "UnexpectedAdmissionError", message: `Allocate failed due to ${text}, which is unexpected` };
      } finally {
        await this.#write();
      }
    });
  }

  /** What the container is started with besides its own words; undefined: it has no devices. */
  async forContainer(pod: Pod, container: AnyContainer): Promise<DeviceAnswer | undefined> {
    const own = this.#allocations.of(pod.metadata.uid!, container.name ?? "");
    if (own.length === 0) return undefined;
    for (const { resource, ids } of own) {
      try {
        // After a restart of the node the container may be sooner than the plugin: what it was given holds.
        await this.#plugins.get(resource)?.preStart(ids);
      } catch (error) {
        const text = runtimeMessage(error);
        throw new Error(`device plugin PreStartContainer rpc failed with err: ${text}`);
      }
    }
    return together(own.map(({ answer }) => answer));
  }

  /** For the container's status. */
  healthOf(uid: string, container: string): { name: string; resources: { resourceID: string; health: string }[] }[] {
    return this.#allocations.of(uid, container).map(({ resource, ids }) => ({
      name: resource,
      resources: ids.map((id) => ({ resourceID: id, health: this.#inventory.isHealthy(resource, id) ? "Healthy" : "Unhealthy" })),
    }));
  }

  /** A resource that a plugin has, or that somebody was given. */
  #isOurs(resource: string): boolean {
    return this.#inventory.has(resource) || this.#allocations.has(resource);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #allocate(pod: Pod, { container, resource, needed }: Asked): Promise<void> {
    const uid = pod.metadata.uid!;
    const before = this.#allocations.of(uid, container).find((each) => each.resource === resource);
    if (before) return;
    const plugin = this.#plugins.get(resource);
    const ids = await choose({
      resource,
      needed,
      isRegistered: this.#inventory.has(resource),
      healthy: this.#inventory.healthy(resource),
      inUse: this.#allocations.inUse(resource),
      reusable: this.#allocations.reusable(pod, container, resource),
      ...(plugin?.hasPreference ? { preferred: (...from: Parameters<DevicePlugin["preferred"]>) => plugin.preferred(...from) } : {}),
    });
    if (!plugin) throw new AllocationError(`unknown Device Plugin ${resource}`);
    const { clock, metrics } = this.#options;
    const from = clock.monotonic();
    const answer = await plugin.allocate(ids);
    metrics.deviceAllocations.add({ resource_name: resource }, clock.monotonic() - from);
    this.#allocations.add({ uid, container, resource, ids, answer });
  }

  async #register({ version: asked, endpoint, resourceName }: RegisterRequest): Promise<object> {
    const { folder, metrics } = this.#options;
    metrics.deviceRegistrations.add({ resource_name: resourceName });
    if (asked !== version)
      throw new Error(`requested API version "${asked}" is not supported by kubelet. Supported version is ["${version}"]`);
    if (!isExtendedResource(resourceName))
      throw new Error(`the ResourceName ${JSON.stringify(resourceName)} is invalid: it must be that of an extended resource`);
    if (endpoint === "" || endpoint !== basename(endpoint) || endpoint === socketName || endpoint.startsWith("."))
      throw new Error(`the endpoint ${JSON.stringify(endpoint)} is not the name of a socket beside ${socketName}`);
    await this.#connect(resourceName, join(folder, endpoint));
    return {};
  }

  /** For plugins that register by a socket of their own. */
  get handler(): PluginHandler {
    return {
      validate({ name, supportedVersions: versions }) {
        if (!versions.includes(version))
          throw new Error(`manager version, ${version}, is not among plugin supported versions [${versions.join(" ")}]`);
        if (!isExtendedResource(name))
          throw new Error(`invalid name of device plugin socket: the ResourceName ${JSON.stringify(name)} is invalid`);
      },
      register: ({ name, endpoint }) => this.#connect(name, endpoint),
      deregister: ({ name, endpoint }) => {
        const plugin = this.#plugins.get(name);
        // What followed it tells that it is gone.
        if (plugin?.socket === endpoint) plugin.close();
      },
    };
  }

  async #connect(resourceName: string, socket: string): Promise<void> {
    for (const [resource, plugin] of this.#plugins) if (plugin.isStopped && !this.#inventory.has(resource)) this.#plugins.delete(resource);
    if (!this.#plugins.has(resourceName) && this.#plugins.size >= mostPlugins)
      throw new Error(`${mostPlugins} device plugins are registered: no more are taken`);
    const plugin = new DevicePlugin(socket);
    try {
      await plugin.readOptions();
    } catch (error) {
      plugin.close();
      throw error;
    }
    const before = this.#plugins.get(resourceName);
    this.#plugins.set(resourceName, plugin);
    before?.close();
    this.#inventory.connected(resourceName);
    this.#options.log.info("kubelet: a device plugin has registered", { resource: resourceName, socket });
    void this.#follow(resourceName, plugin);
    await this.#inTurn(() => this.#write());
  }

  async #follow(resource: string, plugin: DevicePlugin): Promise<void> {
    const { clock, log, onChange } = this.#options;
    let why = "its list ended";
    try {
      for await (const devices of plugin.lists()) {
        if (this.#plugins.get(resource) !== plugin) return;
        this.#inventory.tell(resource, devices);
        onChange();
      }
    } catch (error) {
      why = messageOf(error);
    }
    // Another one has taken its place, or the kubelet ends.
    if (this.#plugins.get(resource) !== plugin) return;
    plugin.close();
    this.#inventory.stopped(resource, clock.now());
    log.warn("kubelet: a device plugin is gone", { resource, error: why });
    onChange();
  }

  async #read(): Promise<Checkpoint> {
    const { folder, log } = this.#options;
    const file = join(folder, checkpointName);
    try {
      const { allocations = [], resources = [] } = JSON.parse(await readFile(file, "utf8"));
      return { allocations, resources };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        log.warn("kubelet: who has which devices could not be read: devices in use may be given again", { file, error: messageOf(error) });
      return { allocations: [], resources: [] };
    }
  }

  async #write(): Promise<void> {
    const { folder, log } = this.#options;
    const file = join(folder, checkpointName);
    const state: Checkpoint = { allocations: [...this.#allocations.all], resources: this.#inventory.resources };
    try {
      await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch (error) {
      log.warn("kubelet: who has which devices could not be kept", { file, error: messageOf(error) });
    }
  }
}

/** What pods ask of it. */
export interface NodeDevices extends Pick<Devices, "forContainer" | "healthOf"> {
  admit(pod: Pod): ReturnType<Devices["admit"]>;
}

interface Asked {
  container: string;
  resource: string;
  needed: number;
}

/** In the order in which containers are started. Extended resources are never overcommitted: limits say it all. */
function asked(pod: Pod): Asked[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].flatMap(({ name = "", resources }) =>
    Object.entries(resources?.limits ?? {})
      .filter(([resource]) => isExtendedResource(resource))
      .map(([resource, text]) => ({ container: name, resource, needed: amountOf(resource, text) }))
      .filter(({ needed }) => needed > 0),
  );
}

/** Of several resources: the first that names a variable, an annotation or a place has it. */
function together(answers: readonly DeviceAnswer[]): DeviceAnswer {
  const first = <T>(all: readonly T[], key: (each: T) => string) =>
    [...new Map([...all].reverse().map((each) => [key(each), each])).values()].reverse();
  const joined = (of: (answer: DeviceAnswer) => Record<string, string>) => Object.assign({}, ...[...answers].reverse().map(of));
  return {
    envs: joined(({ envs }) => envs),
    annotations: joined(({ annotations }) => annotations),
    mounts: first(
      answers.flatMap(({ mounts }) => mounts),
      ({ containerPath }) => containerPath,
    ),
    devices: first(
      answers.flatMap(({ devices }) => devices),
      ({ containerPath }) => containerPath,
    ),
    cdiDevices: first(
      answers.flatMap(({ cdiDevices }) => cdiDevices),
      ({ name }) => name,
    ),
  };
}
