/** The first words of TLS, read only for the name that the client asks for (RFC 8446, RFC 6066). Pure. */

/** "more": it is not all here yet; "none": it is no TLS, or too long. */
export type Hello = { serverName: string | undefined } | "more" | "none";

/** Clients with large keys need several records of 16 KiB at most. */
const mostBytes = 65_536;
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;

export function readHello(bytes: Buffer): Hello {
  const body = handshakeOf(bytes);
  if (body === "more") return bytes.length >= mostBytes ? "none" : "more";
  if (body === "none") return "none";
  const name = nameIn(new Cursor(body));
  return name === false ? "none" : { serverName: name };
}

/** The message itself, which may be cut into several records. */
function handshakeOf(bytes: Buffer): Buffer | "more" | "none" {
  const pieces: Buffer[] = [];
  let have = 0;
  for (let at = 0; ; ) {
    if (bytes.length > at && bytes[at] !== handshakeRecord) return "none";
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return "none";
    if (bytes.length < at + 5) return "more";
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    pieces.push(bytes.subarray(at + 5, end));
    have += Math.min(end, bytes.length) - at - 5;
    if (have >= 4) {
      const message = Buffer.concat(pieces);
      if (message[0] !== clientHello) return "none";
      const length = message.readUIntBE(1, 3);
      if (length > mostBytes) return "none";
      if (message.length >= 4 + length) return message.subarray(4, 4 + length);
    }
    if (end > bytes.length) return "more";
    if (end === at + 5) return "none"; // an empty record would be read for ever
    at = end;
  }
}

/** False: it ends before it should. */
function nameIn(hello: Cursor): string | undefined | false {
  hello.skip(2 + 32);
  hello.skip(hello.number(1)); // session
  hello.skip(hello.number(2)); // ciphers
  hello.skip(hello.number(1)); // compressions
  if (hello.isShort) return false;
  if (hello.isAtEnd) return undefined;
  const extensions = hello.part(hello.number(2));
  while (!extensions.isAtEnd && !extensions.isShort) {
    const kind = extensions.number(2);
    const content = extensions.part(extensions.number(2));
    if (kind !== serverNameExtension) continue;
    const names = content.part(content.number(2));
    const isHost = names.number(1) === 0;
    const name = names.text(names.number(2));
    return names.isShort || !isHost || name === "" ? false : name.toLowerCase();
  }
  return extensions.isShort ? false : undefined;
}

/** Reads from the front; what is not there is nothing, and is remembered. */
class Cursor {
  #left: Buffer;
  isShort = false;

  constructor(bytes: Buffer) {
    this.#left = bytes;
  }
  get isAtEnd(): boolean {
    return this.#left.length === 0;
  }
  skip(count: number): void {
    this.#take(count);
  }
  number(size: 1 | 2): number {
    const bytes = this.#take(size);
    return bytes.length === size ? bytes.readUIntBE(0, size) : 0;
  }
  part(count: number): Cursor {
    return new Cursor(this.#take(count));
  }
  text(count: number): string {
    return this.#take(count).toString("latin1");
  }
  #take(count: number): Buffer {
    if (count > this.#left.length) this.isShort = true;
    const taken = this.#left.subarray(0, count);
    this.#left = this.#left.subarray(taken.length);
    return taken;
  }
}
