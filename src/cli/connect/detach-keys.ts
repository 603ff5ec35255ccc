/** The keys that leave an attached terminal: `ctrl-p,ctrl-q`. What is typed goes on; the sequence itself does not. */
import { CliError } from "../failure.ts";

const controls = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/** The bytes of a sequence such as `ctrl-p,x,DEL`. */
export function detachBytes(keys: string): number[] {
  return keys.split(",").map((key) => {
    if (key.length === 1) return key.charCodeAt(0) & 0xff;
    if (key === "DEL") return 127;
    const code = key.startsWith("ctrl-") && key.length === 6 ? controls.indexOf(key[5]!) : -1;
    if (code < 0) throw new CliError(`could not bind detach keys: Unknown character: '${key}'`);
    return code;
  });
}

export class DetachFilter {
  readonly #keys: number[];
  /** How many keys of the sequence were typed last. */
  #held = 0;

  constructor(keys: number[]) {
    this.#keys = keys;
  }

  /** What is to be sent of a chunk; keys that may begin the sequence are kept until it is known. */
  pass(chunk: Uint8Array): { bytes: Buffer; detached: boolean } {
    const out: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#held]) {
        this.#held++;
        if (this.#held === this.#keys.length) return { bytes: Buffer.from(out), detached: true };
        continue;
      }
      out.push(...this.#keys.slice(0, this.#held));
      this.#held = byte === this.#keys[0] ? 1 : 0;
      if (this.#held === 0) out.push(byte);
    }
    return { bytes: Buffer.from(out), detached: false };
  }
}
