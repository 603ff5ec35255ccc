/** gRPC on a TCP port that also answers plain HTTP/1.1, as etcd's client port does: the first bytes of a connection say which it is. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { type MethodDefinition, Server, ServerCredentials, type ServerDuplexStream, status, type UntypedHandleCall } from "@grpc/grpc-js";
import { messageOf } from "#base/mod.ts";
import type { Messages } from "./grpc.ts";

/** A refusal with gRPC's code. */
export class GrpcRefusal extends Error {
  override name = "GrpcRefusal";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A stream of questions and answers. `write` is false while the other side is behind. */
export interface GrpcStream {
  requests: AsyncIterable<unknown>;
  write(answer: object): boolean;
  drained(): Promise<void>;
  /** Aborts when the other side goes away. */
  signal: AbortSignal;
}

export interface PortMethod {
  request: string;
  response: string;
  // biome-ignore lint/suspicious/noExplicitAny: the message's own type is named by `request`, which the compiler does not read
  answer?(request: any): Promise<object>;
  stream?(stream: GrpcStream): Promise<void>;
}

export interface GrpcPortOptions {
  host: string;
  port: number;
  /** PEM; `ca` with `clientCertificates`: clients must show one. */
  tls?: { cert: string; key: string; ca?: string };
  messages: Messages;
  methods: Readonly<Record<string, PortMethod>>;
  http: RequestListener;
  largestRequest: number;
}

const preface = "PRI * HTTP/2.0";
/** Who says nothing for so long is no client. */
const silentMs = 10_000;

export async function openGrpcPort(options: GrpcPortOptions): Promise<{ close(): Promise<void> }> {
  const { host, port, tls, methods, messages, largestRequest } = options;
  const grpc = new Server({ "grpc.max_receive_message_length": largestRequest, "grpc.max_send_message_length": -1 });
  const definitions: Record<string, MethodDefinition<object, object>> = {};
  const handlers: Record<string, UntypedHandleCall> = {};
  for (const [path, method] of Object.entries(methods)) {
    definitions[path] = definitionOf(path, method, messages);
    handlers[path] = handlerOf(method);
  }
  grpc.addService(definitions, handlers);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const plain = createHttp(options.http);
  const open = new Set<Socket>();
  const enter = (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(silentMs, () => socket.destroy());
    socket.once("data", (chunk: Buffer) => {
      socket.setTimeout(0);
      // Both take first what was read already; HTTP/2 reads by itself from then on.
      socket.pause();
      socket.unshift(chunk);
      if (chunk.toString("latin1", 0, preface.length).startsWith(preface.slice(0, chunk.length))) injector.injectConnection(socket);
      else {
        plain.emit("connection", socket);
        socket.resume();
      }
    });
  };
  const ask = tls?.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: true };
  const server = tls
    ? createTls({ cert: tls.cert, key: tls.key, ...ask, ALPNProtocols: ["h2", "http/1.1"], minVersion: "TLSv1.2" }, enter)
    : createServer(enter);
  server.on("tlsClientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    async close() {
      grpc.forceShutdown();
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function definitionOf(path: string, { request, response, stream }: PortMethod, messages: Messages): MethodDefinition<object, object> {
  return {
    path,
    requestStream: stream !== undefined,
    responseStream: stream !== undefined,
    requestSerialize: (value) => messages.encode(request, value as Record<string, unknown>),
    requestDeserialize: (bytes) => messages.decode<object>(request, bytes),
    responseSerialize: (value) => messages.encode(response, value as Record<string, unknown>),
    responseDeserialize: (bytes) => messages.decode<object>(response, bytes),
  };
}

const refusalOf = (error: unknown) => ({
  code: error instanceof GrpcRefusal ? error.code : status.UNKNOWN,
  details: messageOf(error),
});

function handlerOf({ answer, stream }: PortMethod): UntypedHandleCall {
  if (stream)
    return (call: ServerDuplexStream<object, object>) => {
      const ending = new AbortController();
      call.on("cancelled", () => ending.abort());
      call.on("error", () => ending.abort());
      const talk: GrpcStream = {
        // Who has asked all its questions still hears the answers.
        requests: call.iterator({ destroyOnReturn: false }),
        write: (value) => ending.signal.aborted || call.write(value),
        drained: () =>
          new Promise((resolve) => {
            call.once("drain", resolve);
            ending.signal.addEventListener("abort", () => resolve(), { once: true });
          }),
        signal: ending.signal,
      };
      stream(talk)
        .then(
          () => call.end(),
          (error) => !ending.signal.aborted && call.emit("error", refusalOf(error)),
        )
        .finally(() => ending.abort());
    };
  return (call: { request: object }, done: (error: object | null, value?: object) => void) => {
    answer!(call.request).then(
      (value) => done(null, value),
      (error) => done(refusalOf(error)),
    );
  };
}
