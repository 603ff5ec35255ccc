/** One device plugin: its socket, its list of devices as it changes, and what it is asked before a container starts. */
import { basename } from "node:path";
import { type GrpcClient, grpcClient } from "#net/mod.ts";
import { type Device, type DeviceAnswer, type PluginOptions, pluginMessages } from "./messages.ts";

/** A plugin that does not answer holds up the pods that want its devices, for no longer than this. */
const callMs = 30_000;

const method = (name: string) => `/v1beta1.DevicePlugin/${name}`;

export class DevicePlugin {
  readonly socket: string;
  readonly #client: GrpcClient;
  readonly #ended = new AbortController();
  #options: PluginOptions = { preStartRequired: false, getPreferredAllocationAvailable: false };

  constructor(socket: string) {
    this.socket = socket;
    this.#client = grpcClient(socket, pluginMessages);
  }

  get isStopped(): boolean {
    return this.#ended.signal.aborted;
  }

  async #ask<T>(name: string, request: [string, object], response: string): Promise<T> {
    if (this.isStopped) throw new Error(`endpoint ${basename(this.socket)} has been stopped`);
    return this.#client.unary<T>(method(name), request, response, { timeoutMs: callMs, signal: this.#ended.signal });
  }

  async readOptions(): Promise<void> {
    this.#options = await this.#ask<PluginOptions>("GetDevicePluginOptions", ["Empty", {}], "DevicePluginOptions");
  }

  /** Every list that it sends; ends, or throws, when the plugin does. */
  async *lists(): AsyncIterable<Device[]> {
    const stream = this.#client.serverStream<{ devices: Device[] }>(method("ListAndWatch"), ["Empty", {}], "ListAndWatchResponse", {
      signal: this.#ended.signal,
    });
    for await (const { devices } of stream) yield devices;
  }

  async allocate(devicesIds: string[]): Promise<DeviceAnswer> {
    const request = { containerRequests: [{ devicesIds }] };
    const { containerResponses } = await this.#ask<{ containerResponses: DeviceAnswer[] }>(
      "Allocate",
      ["AllocateRequest", request],
      "AllocateResponse",
    );
    const [answer] = containerResponses;
    if (!answer) throw new Error("no containers return in allocation response of the device plugin");
    return answer;
  }

  get hasPreference(): boolean {
    return this.#options.getPreferredAllocationAvailable;
  }

  async preferred(availableDeviceIDs: string[], mustIncludeDeviceIDs: string[], allocationSize: number): Promise<string[]> {
    const request = { containerRequests: [{ availableDeviceIDs, mustIncludeDeviceIDs, allocationSize }] };
    const { containerResponses } = await this.#ask<{ containerResponses: { deviceIDs: string[] }[] }>(
      "GetPreferredAllocation",
      ["PreferredAllocationRequest", request],
      "PreferredAllocationResponse",
    );
    return containerResponses[0]?.deviceIDs ?? [];
  }

  async preStart(devicesIds: string[]): Promise<void> {
    if (this.#options.preStartRequired)
      await this.#ask("PreStartContainer", ["PreStartContainerRequest", { devicesIds }], "PreStartContainerResponse");
  }

  close(): void {
    this.#ended.abort();
    this.#client.close();
  }
}
