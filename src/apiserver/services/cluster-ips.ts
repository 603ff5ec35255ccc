/**
 * The addresses of Services. An address belongs to the Service for which its IPAddress object could be created: the store
 * decides between servers. What this server remembers is a hint for where to look, kept by what it hears of those objects.
 */
import { ipaddresses, type KubeObject, type ServiceCIDR, servicecidrs } from "#api/mod.ts";
import type { Random } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { ApiError } from "../request/errors.ts";
import { ipAddressFor } from "./ip-addresses.ts";
import { Range, toAddress, toNumber } from "./range.ts";

type Owner = KubeObject["metadata"];

interface Known {
  /** Of the ServiceCIDR; empty: the cluster's own. */
  name: string;
  cidr: string;
  taken: Range;
  /** Gives addresses. */
  isOpen: boolean;
}

export class ClusterIps {
  readonly #storage: Storage;
  readonly #random: Random;
  /** The cluster's own range first, then those of ServiceCIDRs by name. */
  #ranges: readonly [Known, ...Known[]];

  constructor({ range, storage, random }: { range: string; storage: Storage; random: Random }) {
    this.#storage = storage;
    this.#random = random;
    this.#ranges = [{ name: "", cidr: range, taken: rangeOf(range, random), isOpen: true }];
  }
  /** Returns the way to stop. */
  open(): () => void {
    const stops = [
      this.#storage.subscribe(ipaddresses, (type, { metadata }) => {
        const address = metadata.name ?? "";
        if (address.includes(":")) return;
        for (const { taken } of this.#ranges) taken[type === "DELETED" ? "give" : "take"](toNumber(address));
      }),
      this.#storage.subscribe(servicecidrs, (type, object) => this.#follow(object as ServiceCIDR, type === "DELETED")),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
  /** A range that is leaving, or not ready, keeps what was given from it and gives nothing more. */
  #follow({ metadata: { name = "", deletionTimestamp }, spec, status }: ServiceCIDR, isGone: boolean): void {
    const [own, ...others] = this.#ranges;
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const isOpen = !deletionTimestamp && (ready === undefined || ready.status === "True");
    const cidrs = isGone ? [] : (spec?.cidrs ?? []).filter((cidr) => !cidr.includes(":") && cidr !== own.cidr);
    const mine = cidrs.map((cidr) => {
      const known = others.find((each) => each.name === name && each.cidr === cidr);
      return { name, cidr, taken: known?.taken ?? this.#filled(cidr), isOpen };
    });
    const rest = others.filter((each) => each.name !== name);
    this.#ranges = [own, ...[...rest, ...mine].sort((a, b) => (a.name < b.name ? -1 : 1))];
  }
  #filled(cidr: string): Range {
    const range = rangeOf(cidr, this.#random);
    for (const { metadata } of this.#storage.list(ipaddresses)) {
      const address = metadata.name ?? "";
      if (!address.includes(":")) range.take(toNumber(address));
    }
    return range;
  }
  get #open(): Range[] {
    return this.#ranges.filter(({ isOpen }) => isOpen).map(({ taken }) => taken);
  }
  contains(address: string): boolean {
    return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && this.#open.some((range) => range.contains(toNumber(address)));
  }
  /** For a dry run: free as far as this server knows. */
  isFree(address: string): boolean {
    return !this.#open.some((range) => range.has(toNumber(address)));
  }
  /** For a dry run: an address that a create would get now. */
  peek(): string | undefined {
    for (const range of this.#open) {
      const value = range.draw();
      if (value === undefined) continue;
      range.give(value);
      return toAddress(value);
    }
    return undefined;
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
    for (const range of this.#open) {
      const address = await this.#drawFrom(range, owner);
      if (address !== undefined) return address;
    }
    return undefined;
  }
  async #drawFrom(range: Range, owner: Owner): Promise<string | undefined> {
    for (;;) {
      const value = range.draw();
      if (value === undefined) return undefined;
      const address = toAddress(value);
      let mine = false;
      try {
        mine = await this.take(address, owner);
      } catch (error) {
        range.give(value);
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

/** One bit would be enough for an address, one byte is what it takes: of a larger range the beginning is used. */
const mostAddresses = 2 ** 24;

/** Without the range's first address and its last. */
function rangeOf(cidr: string, random: Random): Range {
  const [base = "", bits = "16"] = cidr.split("/");
  const size = Math.max(0, Math.min(mostAddresses, 2 ** (32 - Number(bits)) - 2));
  // The lower band is for addresses that are asked for: at least 16, at most 256, a sixteenth of the range.
  const reserved = Math.min(Math.max(16, Math.floor(size / 16)), 256);
  return new Range({ first: toNumber(base) + 1, size, reserved: size < 32 ? 0 : reserved, random });
}
