/** Takes chunked bodies apart, strictly, in pieces as they arrive. */
import { BadMessage, type Fields, isToken, readHead } from "./head.ts";

export interface ChunkedEvents {
  data(piece: Buffer): void;
  end(trailers: Fields): void;
}

const mostLineBytes = 256;
const cr = 0x0d;
const lf = 0x0a;

/** What a piece left over of a line is kept; what follows the body is handed back. */
export class ChunkedReader {
  readonly #events: ChunkedEvents;
  /** Of the chunk that is under way. */
  #left = 0;
  #expects: "size" | "data" | "close" | "trailers" = "size";
  #line: Buffer = Buffer.alloc(0);

  constructor(events: ChunkedEvents) {
    this.#events = events;
  }

  /** Returns what comes after the body's end, or undefined while it goes on; throws BadMessage. */
  take(piece: Buffer): Buffer | undefined {
    let bytes = this.#line.length > 0 ? Buffer.concat([this.#line, piece]) : piece;
    this.#line = nothing;
    while (bytes.length > 0) {
      if (this.#expects === "data") {
        const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
        this.#left -= part.length;
        bytes = bytes.subarray(part.length);
        if (this.#left === 0) this.#expects = "close";
        this.#events.data(part);
      } else if (this.#expects === "trailers") {
        const after = this.#trailers(bytes);
        if (!after) this.#line = bytes;
        return after;
      } else {
        const end = bytes.indexOf(lf);
        if (end < 0 ? bytes.length > mostLineBytes : end > mostLineBytes) throw new BadMessage(400, "a chunk's line is too long");
        if (end < 0) {
          this.#line = bytes;
          return undefined;
        }
        if (end === 0 || bytes[end - 1] !== cr) throw new BadMessage(400, "a chunk's line has no proper end");
        this.#takeLine(bytes.toString("latin1", 0, end - 1));
        bytes = bytes.subarray(end + 1);
      }
    }
    return undefined;
  }

  #takeLine(line: string): void {
    if (this.#expects === "close") {
      if (line !== "") throw new BadMessage(400, "a chunk is longer than its size");
      this.#expects = "size";
      return;
    }
    // Extensions mean nothing to anybody and are left out.
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[^\0\r\n]*)?$/.exec(line)?.[1];
    if (size === undefined) throw new BadMessage(400, "a chunk has no size");
    this.#left = Number.parseInt(size, 16);
    this.#expects = this.#left === 0 ? "trailers" : "data";
  }

  #trailers(bytes: Buffer): Buffer | undefined {
    if (bytes.length < 2) return undefined;
    if (bytes[0] === cr && bytes[1] === lf) {
      this.#events.end([]);
      return bytes.subarray(2);
    }
    // Fields without a first line: one is put before them.
    const head = readHead(Buffer.concat([before, bytes]));
    if (!head) return undefined;
    this.#events.end(head.fields.filter((_, at, all) => isToken(all[at & ~1]!)));
    return bytes.subarray(head.end - before.length);
  }
}

const nothing: Buffer = Buffer.alloc(0);
const before = Buffer.from("trailers\r\n");
