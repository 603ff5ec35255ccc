/** Streams of exec, attach and port-forward: WebSocket channels of the Kubernetes protocols. */
import type { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { CliError, type StatusBody, StatusError } from "../failure.ts";
import { DetachFilter } from "./detach-keys.ts";
import type { RestRequest } from "./rest.ts";
import type { Session } from "./session.ts";

/** Opens a paused WebSocket to the API server with the session's identity; a refusal is thrown as the server's Status. */
export async function openSocket(
  session: Session,
  at: { path: string; query?: RestRequest["query"]; rawQuery?: string; protocols: string[] },
): Promise<WebSocket> {
  const rest = await session.rest();
  const { WebSocket } = await import("ws");
  const options = await rest.requestOptions(at.path, at.query);
  const base = rest.base.protocol === "https:" ? "wss:" : "ws:";
  const path = at.rawQuery ? `${options.path}${String(options.path).includes("?") ? "&" : "?"}${at.rawQuery}` : options.path;
  const { ca, allowPartialTrustChain, cert, key, rejectUnauthorized, servername } = options as Record<string, never>;
  const secure = { ca, allowPartialTrustChain, cert, key, rejectUnauthorized, servername };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${base}//${rest.base.host}${path}`, at.protocols, {
      headers: options.headers as Record<string, string>,
      ...secure,
      perMessageDeflate: false,
      maxPayload: 64 * 1024 * 1024,
    });
    socket.once("open", () => {
      // What arrives before the caller listens would be lost: it resumes the socket.
      socket.pause();
      resolve(socket);
    });
    socket.once("error", (error) => reject(rest.connectionError(error)));
    socket.on("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        try {
          const status = JSON.parse(text) as StatusBody;
          const plain = status.reason === "NotFound" || status.reason === "Forbidden" || status.reason === "Unauthorized";
          reject(plain ? new StatusError(status) : new CliError(`unable to upgrade connection: ${status.message}`));
        } catch {
          reject(new CliError(`unable to upgrade connection: ${text.trim() || `the server answered ${response.statusCode}`}`));
        }
      });
    });
  });
}

export interface Streams {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  tty: boolean;
  /** Keys that leave the session, when stdin is a terminal. */
  detachKeys?: number[];
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Runs streams over exec or attach until the remote side ends; throws the command's exit code with the words for it. */
export async function runStreams(session: Session, at: { path: string; rawQuery: string }, streams: Streams): Promise<void> {
  const socket = await openSocket(session, { ...at, protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"] });
  const { stdin } = streams;
  const restore = streams.tty && stdin ? rawMode(stdin) : () => {};
  const resized = streams.tty
    ? followSize(session.io.stdout, (size) => send(socket, channel.resize, Buffer.from(JSON.stringify(size))))
    : () => {};
  let status: StatusBody | undefined;
  const abort = () => socket.close();
  session.io.signal?.addEventListener("abort", abort, { once: true });
  const pump = stdin ? pumpStdin(socket, stdin, streams.detachKeys && new DetachFilter(streams.detachKeys)) : () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("message", (data) => {
        const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
        const body = bytes.subarray(1);
        if (bytes[0] === channel.stdout) streams.stdout?.write(body);
        else if (bytes[0] === channel.stderr) streams.stderr?.write(body);
        else if (bytes[0] === channel.error && body.length > 0) status = JSON.parse(body.toString("utf8")) as StatusBody;
      });
      socket.on("close", () => resolve());
      socket.on("error", reject);
      socket.resume();
    });
  } finally {
    pump();
    resized();
    restore();
    session.io.signal?.removeEventListener("abort", abort);
  }
  if (status?.status === "Failure") throw streamFailure(status);
}

function streamFailure(status: StatusBody): Error {
  const code = status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (status.reason === "NonZeroExitCode" && code !== undefined) {
    return new CliError(`command terminated with exit code ${code}`, { raw: true, exitCode: Number(code) });
  }
  return new StatusError({
    ...status,
    reason: status.reason ?? "InternalError",
    message: status.message ?? "error reading from error stream",
  });
}

function send(socket: WebSocket, to: number, body: Uint8Array): void {
  if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([to]), body]));
}

const highWaterBytes = 1024 * 1024;

/** Sends stdin as it comes, no faster than the socket takes it; its end closes only our direction (v5). */
function pumpStdin(socket: WebSocket, stdin: Readable, detach?: DetachFilter): () => void {
  const onData = (chunk: Buffer) => {
    stdin.pause();
    if (socket.readyState !== socket.OPEN) return;
    const { bytes, detached } = detach?.pass(chunk) ?? { bytes: Buffer.from(chunk), detached: false };
    socket.send(Buffer.concat([Buffer.from([channel.stdin]), bytes]), () => {
      // The process goes on without us.
      if (detached) return socket.close();
      if (socket.bufferedAmount < highWaterBytes) stdin.resume();
    });
  };
  const onEnd = () => {
    if (socket.protocol === "v5.channel.k8s.io") send(socket, channel.close, Buffer.from([channel.stdin]));
  };
  stdin.on("data", onData);
  stdin.on("end", onEnd);
  return () => {
    stdin.off("data", onData);
    stdin.off("end", onEnd);
    stdin.pause();
  };
}

function rawMode(stdin: Readable): () => void {
  const terminal = stdin as Readable & { isTTY?: boolean; setRawMode?(on: boolean): void };
  if (!terminal.isTTY) return () => {};
  terminal.setRawMode?.(true);
  return () => terminal.setRawMode?.(false);
}

function followSize(stdout: Writable, tell: (size: { Width: number; Height: number }) => void): () => void {
  const terminal = stdout as Writable & { isTTY?: boolean; columns?: number; rows?: number };
  if (!terminal.isTTY) return () => {};
  const now = () => tell({ Width: terminal.columns ?? 80, Height: terminal.rows ?? 24 });
  now();
  stdout.on("resize", now);
  return () => stdout.off("resize", now);
}
