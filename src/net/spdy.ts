/**
 * The client side of SPDY/3.1, as far as container runtimes speak it for exec and attach: streams with headers, data, half-close.
 *
 * Header blocks must be compressed with a dictionary that both sides know. Ours are *stored* blocks of that format: valid for
 * every reader, and the dictionary is needed by its checksum only. What the server writes in headers is not read.
 */
import { connect, type Socket } from "node:net";
import type { Clock } from "#base/mod.ts";

export interface SpdyStream {
  write(data: Uint8Array): boolean;
  /** No more data from us. */
  end(): void;
}

export interface SpdyStreamEvents {
  onData(data: Buffer): void;
  /** The other side sends no more. */
  onEnd(): void;
}

export interface SpdyConnection {
  open(headers: Record<string, string>, events: SpdyStreamEvents): SpdyStream;
  readonly socket: Socket;
  close(): void;
}

const type = { synStream: 1, rstStream: 3, ping: 6, goAway: 7 };
const finFlag = 1;
const largestFrame = 16 * 1024 * 1024;
/** zlib's header with the checksum of SPDY/3's dictionary. */
const zlibHeader = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);

/** Asks `target` for the protocol; rejects with what the server said instead. */
export function connectSpdy(
  target: URL,
  protocol: string,
  options: { clock: Clock; onClose(): void; method?: string },
): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.hostname, port: Number(target.port) });
    const timer = options.clock.after(30_000, () => socket.destroy(new Error(`no answer from ${target.host}`)));
    socket.once("error", reject);
    socket.once("connect", () =>
      socket.write(
        `${options.method ?? "POST"} ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: ${protocol}\r\ncontent-length: 0\r\n\r\n`,
      ),
    );
    let head: Buffer = Buffer.alloc(0);
    const onHead = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      timer.cancel();
      socket.off("data", onHead);
      socket.off("error", reject);
      const status = head.toString("latin1", 0, head.indexOf("\r\n"));
      if (!/^HTTP\/1\.1 101/.test(status)) {
        socket.destroy();
        return reject(new Error(`${status.replace(/^HTTP\/1\.1 /, "")}: ${head.toString("utf8", end + 4).trim()}`));
      }
      resolve(run(socket, head.subarray(end + 4), options.onClose));
    };
    socket.on("data", onHead);
  });
}

function run(socket: Socket, first: Buffer, onClose: () => void): SpdyConnection {
  const streams = new Map<number, SpdyStreamEvents>();
  let next = 1;
  let begun = false;
  let pending: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 8) {
      const length = pending.readUIntBE(5, 3);
      if (length > largestFrame) return socket.destroy(new Error("spdy: a frame is too large"));
      if (pending.length < 8 + length) return;
      handle(pending.subarray(0, 8), pending.subarray(8, 8 + length));
      pending = pending.subarray(8 + length);
    }
  };
  const finish = (id: number) => {
    streams.get(id)?.onEnd();
    streams.delete(id);
  };
  const handle = (header: Buffer, body: Buffer) => {
    const isControl = (header[0]! & 0x80) !== 0;
    const flags = header[4]!;
    if (!isControl) {
      const id = header.readUInt32BE(0) & 0x7fffffff;
      if (body.length > 0) streams.get(id)?.onData(Buffer.from(body));
      if (flags & finFlag) finish(id);
      return;
    }
    switch (header.readUInt16BE(2)) {
      case type.rstStream:
        return finish(body.readUInt32BE(0) & 0x7fffffff);
      case type.ping:
        if (body.readUInt32BE(0) % 2 === 0) socket.write(Buffer.concat([header, body]));
        return;
      case type.goAway:
        return socket.end();
    }
  };
  socket.on("data", read);
  socket.on("error", () => {});
  socket.once("close", () => {
    for (const id of [...streams.keys()]) finish(id);
    onClose();
  });
  if (first.length > 0) read(first);
  return {
    socket,
    open(headers, events) {
      const id = next;
      next += 2;
      streams.set(id, events);
      const block = headerBlock(headers, !begun);
      begun = true;
      const fixed = Buffer.alloc(10);
      fixed.writeUInt32BE(id, 0);
      socket.write(Buffer.concat([controlHeader(type.synStream, fixed.length + block.length), fixed, block]));
      const data = (flags: number, bytes: Uint8Array) => {
        const header = Buffer.alloc(8);
        header.writeUInt32BE(id, 0);
        header.writeUInt32BE(bytes.length, 4);
        header[4] = flags;
        return socket.write(Buffer.concat([header, bytes]));
      };
      return { write: (bytes) => data(0, bytes), end: () => void data(finFlag, new Uint8Array()) };
    },
    close: () => socket.end(),
  };
}

function controlHeader(kind: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(0x8003, 0);
  header.writeUInt16BE(kind, 2);
  header.writeUInt32BE(length, 4);
  return header;
}

/** An empty block: readers hand on what they have. */
const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);

/** The block of one stream; the compressed stream goes on from block to block, so only the first one has its header. */
export function headerBlock(headers: Record<string, string>, isFirst: boolean): Buffer {
  const parts: Buffer[] = [];
  const number = (value: number) => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(value);
    parts.push(out);
  };
  const entries = Object.entries(headers);
  number(entries.length);
  for (const [name, value] of entries) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text);
      number(bytes.length);
      parts.push(bytes);
    }
  }
  const plain = Buffer.concat(parts);
  const stored = Buffer.alloc(5);
  stored.writeUInt16LE(plain.length, 1);
  stored.writeUInt16LE(~plain.length & 0xffff, 3);
  return Buffer.concat([...(isFirst ? [zlibHeader] : []), stored, plain, flush]);
}
