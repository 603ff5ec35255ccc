/** A device plugin for tests: real gRPC on a real socket, devices that the test changes. */
import { join } from "node:path";
import { type handleServerStreamingCall, type MethodDefinition, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { type GrpcClient, grpcClient, type Messages } from "#net/mod.ts";
import { type Device, type DeviceAnswer, pluginMessages } from "../devices/messages.ts";

export interface TestPlugin {
  /** Sends the list anew. */
  tell(devices: Device[]): void;
  /** What it was asked: `Allocate a,b`. */
  readonly calls: string[];
  close(): void;
}

interface Behaviour {
  devices: Device[];
  options?: { preStartRequired?: boolean; getPreferredAllocationAvailable?: boolean };
  allocate?(ids: string[]): Partial<DeviceAnswer>;
  preferred?(available: string[]): string[];
}

export async function startTestPlugin(folder: string, name: string, behaviour: Behaviour): Promise<TestPlugin> {
  const server = new Server();
  const calls: string[] = [];
  const lists = new Set<ServerWritableStream<object, object>>();
  let devices = behaviour.devices;
  const unary = answers(behaviour, calls);
  const definition = (path: string, request: string, response: string, responseStream: boolean): MethodDefinition<object, object> => ({
    path: `/v1beta1.DevicePlugin/${path}`,
    requestStream: false,
    responseStream,
    ...sides(pluginMessages, request, response),
  });
  const list: handleServerStreamingCall<object, object> = (call) => {
    lists.add(call);
    call.on("cancelled", () => lists.delete(call));
    call.write({ devices });
  };
  server.addService(
    {
      ListAndWatch: definition("ListAndWatch", "Empty", "ListAndWatchResponse", true),
      ...Object.fromEntries(Object.entries(unary).map(([path, [request, response]]) => [path, definition(path, request, response, false)])),
    },
    {
      ListAndWatch: list,
      ...Object.fromEntries(
        Object.entries(unary).map(([path, [, , handle]]) => [
          path,
          (call: { request: never }, answer: (error: object | null, value?: object) => void) => {
            try {
              answer(null, handle(call.request));
            } catch (error) {
              answer({ code: 2, details: (error as Error).message });
            }
          },
        ]),
      ),
    },
  );
  await new Promise<void>((resolve, reject) => {
    const socket = `unix:${join(folder, name)}`;
    server.bindAsync(socket, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  return {
    calls,
    tell(next) {
      devices = next;
      for (const call of lists) call.write({ devices });
    },
    close: () => server.forceShutdown(),
  };
}

type Answers = Record<string, [request: string, response: string, handle: (request: never) => object]>;

function answers(behaviour: Behaviour, calls: string[]): Answers {
  return {
    GetDevicePluginOptions: ["Empty", "DevicePluginOptions", () => behaviour.options ?? {}],
    Allocate: [
      "AllocateRequest",
      "AllocateResponse",
      ({ containerRequests }: { containerRequests: { devicesIds: string[] }[] }) => {
        const ids = containerRequests[0]!.devicesIds;
        calls.push(`Allocate ${ids.join(",")}`);
        return { containerResponses: [behaviour.allocate?.(ids) ?? {}] };
      },
    ],
    GetPreferredAllocation: [
      "PreferredAllocationRequest",
      "PreferredAllocationResponse",
      ({ containerRequests }: { containerRequests: { availableDeviceIDs: string[] }[] }) => ({
        containerResponses: [{ deviceIDs: behaviour.preferred?.(containerRequests[0]!.availableDeviceIDs) ?? [] }],
      }),
    ],
    PreStartContainer: [
      "PreStartContainerRequest",
      "PreStartContainerResponse",
      ({ devicesIds }: { devicesIds: string[] }) => {
        calls.push(`PreStart ${devicesIds.join(",")}`);
        return {};
      },
    ],
  };
}

function sides(messages: Messages, request: string, response: string) {
  return {
    requestSerialize: (value: object) => messages.encode(request, value as Record<string, unknown>),
    requestDeserialize: (bytes: Buffer) => messages.decode<object>(request, bytes),
    responseSerialize: (value: object) => messages.encode(response, value as Record<string, unknown>),
    responseDeserialize: (bytes: Buffer) => messages.decode<object>(response, bytes),
  };
}

/** As a plugin does after it has begun to serve. */
export async function registerPlugin(folder: string, endpoint: string, resourceName: string, version = "v1beta1"): Promise<void> {
  const client: GrpcClient = grpcClient(join(folder, "kubelet.sock"), pluginMessages);
  try {
    await client.unary("/v1beta1.Registration/Register", ["RegisterRequest", { version, endpoint, resourceName }], "Empty", {
      timeoutMs: 10_000,
    });
  } finally {
    client.close();
  }
}
