/** A component's TLS port: connections that are bounded in number and idleness, refusals as plain text, an orderly end. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Socket } from "node:net";
import { type Log, messageOf } from "#base/mod.ts";
import { HttpError } from "./http-error.ts";

export interface PortOptions {
  address: string;
  /** 0: any free one. */
  port: number;
  /** PEM. */
  cert: string;
  key: string;
  /** Whose certificates tell who calls. */
  clientCa: string;
  /** Rejects with HttpError to refuse; runs before either of the others. */
  admit(request: IncomingMessage, url: URL): Promise<void>;
  answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>;
  /** Called once, with what takes another certificate for new connections; those that are open go on. */
  renewals?(renew: (pem: { cert: string; key: string }) => void): void;
  upgrade?(request: IncomingMessage, socket: Socket, head: Buffer, url: URL): Promise<void>;
  log: Log;
}

export interface Port {
  readonly port: number;
  close(): Promise<void>;
}

const mostConnections = 2000;
/** A request's head must be whole after this time, as upstream has it. */
const headMs = 32_000;

export async function openPort(options: PortOptions): Promise<Port> {
  const { cert, key, clientCa: ca, log } = options;
  const server = createServer({
    cert,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    headersTimeout: headMs,
    handshakeTimeout: headMs,
  });
  server.maxConnections = mostConnections;
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.on("tlsClientError", (_, socket) => socket.destroy());
  server.on("request", (request, response) => {
    enter(request)
      .then((url) => options.answer(request, response, url))
      .catch((error) => refuse(response, error));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    enter(request)
      .then((url) => {
        if (!options.upgrade) throw new HttpError(400, "unable to upgrade: this port takes no upgrades");
        return options.upgrade(request, socket, head, url);
      })
      .catch((error) => refuseUpgrade(socket, error));
  });
  await listen(server, options);
  options.renewals?.((pem) => server.setSecureContext({ ...pem, ca, minVersion: "TLSv1.2" }));
  server.on("error", (error) => log.warn("port: error", { error: error.message }));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };

  async function enter(request: IncomingMessage): Promise<URL> {
    const url = URL.parse(request.url ?? "/", "https://port");
    if (!url) throw new HttpError(400, "Bad Request: the path is not one");
    await options.admit(request, url);
    return url;
  }
}

function listen(server: ReturnType<typeof createServer>, { port, address }: PortOptions): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, address, () => {
      server.off("error", fail);
      done();
    });
  });
}

const codeOf = (error: unknown) => (error instanceof HttpError ? error.code : 500);

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(codeOf(error), { "content-type": "text/plain; charset=utf-8" });
  response.end(`${messageOf(error)}\n`);
}

const words: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  500: "Internal Server Error",
};

function refuseUpgrade(socket: Socket, error: unknown): void {
  const code = codeOf(error);
  const text = `${messageOf(error)}\n`;
  const lines = [
    `HTTP/1.1 ${code} ${words[code] ?? "Error"}`,
    "content-type: text/plain",
    `content-length: ${Buffer.byteLength(text)}`,
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
}
