/**
 * The addresses of Services. An address belongs to the Service for which its IPAddress object could be created: the store
 * decides between servers. What this server remembers is a hint for where to look, kept by what it hears of those objects.
 */
import { ipaddresses, type KubeObject } from "#api/mod.ts";
import type { Random } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { ApiError } from "../request/errors.ts";
import { ipAddressFor } from "./ip-addresses.ts";
import { Range, toAddress, toNumber } from "./range.ts";

type Owner = KubeObject["metadata"];

export class ClusterIps {
  readonly #storage: Storage;
  readonly #taken: Range;

  constructor({ range, storage, random }: { range: string; storage: Storage; random: Random }) {
    const [base = "", bits = "16"] = range.split("/");
    const size = 2 ** (32 - Number(bits)) - 2;
    // The lower band is for addresses that are asked for: at least 16, at most 256, a sixteenth of the range.
    const reserved = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    this.#storage = storage;
    this.#taken = new Range({ first: toNumber(base) + 1, size, reserved: size < 32 ? 0 : reserved, random });
  }
  /** Returns the way to stop. */
  open(): () => void {
    return this.#storage.subscribe(ipaddresses, (type, { metadata }) => {
      const address = metadata.name ?? "";
      if (address.includes(":")) return;
      if (type === "DELETED") this.#taken.give(toNumber(address));
      else this.#taken.take(toNumber(address));
    });
  }
  contains(address: string): boolean {
    return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && this.#taken.contains(toNumber(address));
  }
  /** For a dry run: free as far as this server knows. */
  isFree(address: string): boolean {
    return !this.#taken.has(toNumber(address));
  }
  /** For a dry run: an address that a create would get now. */
  peek(): string | undefined {
    const value = this.#taken.draw();
    if (value === undefined) return undefined;
    this.#taken.give(value);
    return toAddress(value);
  }
  /** False: another Service has it. */
  async take(address: string, owner: Owner): Promise<boolean> {
    try {
      await this.#storage.create(ipaddresses, ipAddressFor(address, owner));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 409) return false;
      throw error;
    }
  }
  /** Undefined: all are taken. */
  async draw(owner: Owner): Promise<string | undefined> {
    for (;;) {
      const value = this.#taken.draw();
      if (value === undefined) return undefined;
      const address = toAddress(value);
      let mine = false;
      try {
        mine = await this.take(address, owner);
      } catch (error) {
        this.#taken.give(value);
        throw error;
      }
      if (mine) return address;
      // Another server was first, and this one has not heard of it yet: it stays taken, so every round comes closer to the end.
    }
  }
  async give(addresses: readonly string[]): Promise<void> {
    await Promise.all(addresses.map((name) => this.#storage.delete(ipaddresses, { name })));
  }
}
