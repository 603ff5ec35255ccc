/**
 * The addresses of Services. An address belongs to the Service for which its IPAddress object could be created: the store
 * decides between servers. What this server remembers is a hint for where to look, kept by what it hears of those objects.
 */
import { ipaddresses, type KubeObject, type ServiceCIDR, servicecidrs } from "#api/mod.ts";
import { canonical, type Family, familyOf, type Random } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { ApiError } from "../request/errors.ts";
import { AddressPool } from "./address-pool.ts";
import { ipAddressFor } from "./ip-addresses.ts";

type Owner = KubeObject["metadata"];

interface Known {
  /** Of the ServiceCIDR; empty: the cluster's own. */
  name: string;
  cidr: string;
  pool: AddressPool;
  /** Gives addresses. */
  isOpen: boolean;
}

export class ClusterIps {
  /** Of which Services can have addresses here; the first is the one of Services that name none. */
  readonly families: readonly [Family, ...Family[]];
  readonly #storage: Storage;
  readonly #random: Random;
  readonly #own: readonly Known[];
  /** Those of ServiceCIDRs, by name. */
  #others: readonly Known[] = [];

  constructor({ ranges, storage, random }: { ranges: readonly string[]; storage: Storage; random: Random }) {
    const [first, ...others] = ranges.map(familyOf);
    if (!first) throw new Error("a cluster has one range of Service addresses at least");
    this.families = [first, ...others];
    this.#storage = storage;
    this.#random = random;
    this.#own = ranges.map((cidr) => ({ name: "", cidr, pool: new AddressPool(cidr, random), isOpen: true }));
  }
  /** Returns the way to stop. */
  open(): () => void {
    const stops = [
      this.#storage.subscribe(ipaddresses, (type, { metadata: { name = "" } }) => {
        for (const { pool } of [...this.#own, ...this.#others]) pool[type === "DELETED" ? "give" : "take"](name);
      }),
      this.#storage.subscribe(servicecidrs, (type, object) => this.#follow(object as ServiceCIDR, type === "DELETED")),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
  /** A range that is leaving, or not ready, keeps what was given from it and gives nothing more. */
  #follow({ metadata: { name = "", deletionTimestamp }, spec, status }: ServiceCIDR, isGone: boolean): void {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const isOpen = !deletionTimestamp && (ready === undefined || ready.status === "True");
    const cidrs = isGone ? [] : (spec?.cidrs ?? []).filter((cidr) => !this.#own.some((own) => own.cidr === cidr));
    const mine = cidrs.map((cidr) => {
      const known = this.#others.find((each) => each.name === name && each.cidr === cidr);
      return { name, cidr, pool: known?.pool ?? this.#filled(cidr), isOpen };
    });
    const rest = this.#others.filter((each) => each.name !== name);
    this.#others = [...rest, ...mine].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  #filled(cidr: string): AddressPool {
    const pool = new AddressPool(cidr, this.#random);
    for (const { metadata } of this.#storage.list(ipaddresses)) pool.take(metadata.name ?? "");
    return pool;
  }
  #open(family: Family): AddressPool[] {
    return [...this.#own, ...this.#others].filter(({ isOpen, cidr }) => isOpen && familyOf(cidr) === family).map(({ pool }) => pool);
  }
  contains(address: string): boolean {
    return this.#open(familyOf(address)).some((pool) => pool.contains(address));
  }
  /** For a dry run: free as far as this server knows. */
  isFree(address: string): boolean {
    return !this.#open(familyOf(address)).some((pool) => pool.has(address));
  }
  /** For a dry run: an address that a create would get now. */
  peek(family: Family): string | undefined {
    for (const pool of this.#open(family)) {
      const address = pool.draw();
      if (address === undefined) continue;
      pool.give(address);
      return address;
    }
    return undefined;
  }
  /** False: another Service has it. */
  async take(address: string, owner: Owner): Promise<boolean> {
    try {
      await this.#storage.create(ipaddresses, ipAddressFor(canonical(address), owner));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 409) return false;
      throw error;
    }
  }
  /** Undefined: all are taken. */
  async draw(family: Family, owner: Owner): Promise<string | undefined> {
    for (const pool of this.#open(family)) {
      const address = await this.#drawFrom(pool, owner);
      if (address !== undefined) return address;
    }
    return undefined;
  }
  async #drawFrom(pool: AddressPool, owner: Owner): Promise<string | undefined> {
    for (;;) {
      const address = pool.draw();
      if (address === undefined) return undefined;
      let mine = false;
      try {
        mine = await this.take(address, owner);
      } catch (error) {
        pool.give(address);
        throw error;
      }
      if (mine) return address;
      // Another server was first, and this one has not heard of it yet: it stays taken, so every round comes closer to the end.
    }
  }
  async give(addresses: readonly string[]): Promise<void> {
    await Promise.all(addresses.map((name) => this.#storage.delete(ipaddresses, { name: canonical(name) })));
  }
}
