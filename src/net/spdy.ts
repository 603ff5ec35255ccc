/**
 * The client side of SPDY/3.1, as far as container runtimes speak it for exec and attach: streams with headers, data, half-close.
 *
 * Header blocks must be compressed with a dictionary that both sides know. Ours are *stored* blocks of that format: valid for
 * every reader, and the dictionary is needed by its checksum only. What the server writes in headers is not read.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "#base/mod.ts";
import { askUpgrade, textOf } from "./upgrade.ts";

export interface SpdyStream {
  /** False: more than a bound waits for the other side; `onRoom` of the connection tells when it is less. */
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
  /** Resolves when the other side has accepted the stream; rejects when it refuses, or does not answer in time. */
  open(headers: Record<string, string>, events: SpdyStreamEvents): Promise<SpdyStream>;
  /** Nothing more is read from the other side until `resume`. */
  pause(): void;
  resume(): void;
  /** Calls `run` once, when there is room for writes again. */
  onRoom(run: () => void): void;
  /** Ends the connection at once, with whatever is still on its way. */
  close(): void;
}

const type = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 };
const finFlag = 1;
/** Frames of data are handed on as they arrive; only control frames are held, and ours are small. */
const largestControl = 64 * 1024;
const replyMs = 30_000;
/** zlib's header with the checksum of SPDY/3's dictionary. */
const zlibHeader = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);

/** Asks `target` for the protocol; rejects with what the server said instead. */
export async function connectSpdy(
  target: URL,
  protocol: string,
  options: { clock: Clock; onClose(): void; method?: string },
): Promise<SpdyConnection> {
  const asked = await askUpgrade(
    {
      scheme: "http",
      host: target.hostname,
      port: Number(target.port),
      path: `${target.pathname}${target.search}`,
      method: options.method ?? "POST",
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol },
    },
    options.clock,
  );
  if (asked.switched) return new Connection(asked.socket, asked.head, options);
  const { statusCode, statusMessage } = asked.answer;
  throw new Error(`${statusCode} ${statusMessage}: ${(await textOf(asked.answer)).trim()}`);
}

interface Opened extends SpdyStreamEvents {
  /** Until the other side has answered. */
  answered?: (refused?: Error) => void;
}

class Connection implements SpdyConnection {
  #socket: Duplex;
  #clock: Clock;
  #streams = new Map<number, Opened>();
  #next = 1;
  /** Of a frame that is not whole: its header, or a control frame. */
  #held: Buffer = Buffer.alloc(0);
  /** Of a data frame: whose it is, what is still to come, and whether its stream ends with it. */
  #data: { id: number; left: number; fin: boolean } | undefined;

  constructor(socket: Duplex, first: Buffer, { clock, onClose }: { clock: Clock; onClose(): void }) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.once("end", () => socket.destroy());
    socket.once("close", () => {
      for (const id of [...this.#streams.keys()]) this.#finish(id, new Error("the runtime closed the connection"));
      onClose();
    });
    if (first.length > 0) this.#read(first);
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  onRoom(run: () => void): void {
    this.#socket.once("drain", run);
  }
  close(): void {
    this.#socket.destroy();
  }
  open(headers: Record<string, string>, { onData, onEnd }: SpdyStreamEvents): Promise<SpdyStream> {
    const id = this.#next;
    this.#next += 2;
    const fixed = Buffer.alloc(10);
    fixed.writeUInt32BE(id, 0);
    const block = headerBlock(headers, id === 1);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(replyMs, () => this.#finish(id, new Error(`no answer to a stream within ${replyMs} ms`)));
      // Before its reply a stream has no reader: the server drops what comes too early.
      const answered = (refused?: Error) => {
        timer.cancel();
        if (refused) reject(refused);
        else resolve({ write: (bytes) => this.#send(id, 0, bytes), end: () => void this.#send(id, finFlag, new Uint8Array()) });
      };
      this.#streams.set(id, { onData, onEnd, answered });
      if (this.#socket.destroyed) return this.#finish(id, new Error("the runtime closed the connection"));
      this.#socket.write(Buffer.concat([controlHeader(type.synStream, fixed.length + block.length), fixed, block]));
    });
  }
  #send(id: number, flags: number, bytes: Uint8Array): boolean {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id, 0);
    header.writeUInt32BE(bytes.length, 4);
    header[4] = flags;
    return this.#socket.destroyed || this.#socket.write(Buffer.concat([header, bytes]));
  }
  #read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#held.length > 0) {
      rest = Buffer.concat([this.#held, chunk]);
      this.#held = Buffer.alloc(0);
    }
    while (rest.length > 0 && !this.#socket.destroyed) {
      if (this.#data) {
        rest = this.#take(rest, this.#data);
        continue;
      }
      const length = rest.length < 8 ? 0 : rest.readUIntBE(5, 3);
      const isControl = (rest[0]! & 0x80) !== 0;
      if (isControl && length > largestControl) return void this.#socket.destroy(new Error("spdy: a control frame is too large"));
      if (rest.length < 8 || (isControl && rest.length < 8 + length)) {
        this.#held = rest;
        return;
      }
      if (isControl) this.#control(rest.subarray(0, 8), rest.subarray(8, 8 + length));
      else this.#data = { id: rest.readUInt32BE(0) & 0x7fffffff, left: length, fin: (rest[4]! & finFlag) !== 0 };
      rest = rest.subarray(isControl ? 8 + length : 8);
      if (this.#data?.left === 0) rest = this.#take(rest, this.#data);
    }
  }
  /** Hands on what belongs to the frame; returns what follows it. */
  #take(bytes: Buffer, frame: { id: number; left: number; fin: boolean }): Buffer {
    const part = bytes.subarray(0, frame.left);
    frame.left -= part.length;
    if (part.length > 0) this.#streams.get(frame.id)?.onData(part);
    if (frame.left === 0) {
      this.#data = undefined;
      if (frame.fin) this.#finish(frame.id);
    }
    return bytes.subarray(part.length);
  }
  #control(header: Buffer, body: Buffer): void {
    const id = body.length >= 4 ? body.readUInt32BE(0) & 0x7fffffff : 0;
    switch (header.readUInt16BE(2)) {
      case type.synReply: {
        const stream = this.#streams.get(id);
        stream?.answered?.();
        if (stream) stream.answered = undefined;
        if (header[4]! & finFlag) this.#finish(id);
        return;
      }
      case type.rstStream:
        return this.#finish(id, new Error("the runtime refused a stream"));
      case type.ping:
        if (id % 2 === 0) this.#socket.write(Buffer.concat([header, body]));
        return;
      case type.goAway:
        this.#socket.end();
    }
  }
  #finish(id: number, why?: Error): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    if (stream.answered) stream.answered(why ?? new Error("the runtime ended a stream before it began"));
    else stream.onEnd();
  }
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
