/** Serves gRPC on a unix socket, with messages described as data instead of generated code. */
import { chmod, rm } from "node:fs/promises";
import { type handleUnaryCall, type MethodDefinition, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { messageOf } from "#base/mod.ts";
import type { Messages } from "./grpc.ts";
import { GrpcRefusal } from "./grpc-port.ts";

/**
 * One method: names of its messages, and who answers. What it throws is told with a refusal's code, else with Unknown, as Go's servers
 * tell plain errors.
 */
export interface GrpcMethod {
  request: string;
  response: string;
  // biome-ignore lint/suspicious/noExplicitAny: the message's own type is named by `request`, which the compiler does not read
  handle(request: any): Promise<object>;
}

/** Full names (`/v1beta1.Registration/Register`) → methods. Only the socket's owner may talk. */
export async function serveGrpc(
  socket: string,
  messages: Messages,
  methods: Readonly<Record<string, GrpcMethod>>,
): Promise<{ close(): Promise<void> }> {
  const server = new Server({ "grpc.max_receive_message_length": largestRequest });
  const definitions: Record<string, MethodDefinition<object, object>> = {};
  const handlers: Record<string, handleUnaryCall<object, object>> = {};
  for (const [path, { request, response, handle }] of Object.entries(methods)) {
    definitions[path] = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value) => messages.encode(request, value as Record<string, unknown>),
      requestDeserialize: (bytes) => messages.decode<object>(request, bytes),
      responseSerialize: (value) => messages.encode(response, value as Record<string, unknown>),
      responseDeserialize: (bytes) => messages.decode<object>(response, bytes),
    };
    handlers[path] = (call, answer) => {
      handle(call.request).then(
        (value) => answer(null, value),
        (error) => answer({ code: error instanceof GrpcRefusal ? error.code : status.UNKNOWN, details: messageOf(error) }),
      );
    };
  }
  server.addService(definitions, handlers);
  // Of a server before this one that did not end in order.
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  await chmod(socket, 0o600);
  return {
    async close() {
      server.forceShutdown();
      await rm(socket, { force: true });
    },
  };
}

const largestRequest = 4 * 1024 * 1024;
