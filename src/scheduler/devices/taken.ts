/** Which devices claims have: kept current as allocations come and go, so that no cycle looks at all claims. */
import type { AllocationResult } from "#api/mod.ts";
import { addQuantity, parseQuantity, type Quantity, subtractQuantity } from "#codec/mod.ts";
import type { Amounts } from "./capacity.ts";

export class Taken {
  readonly #whole = new Map<string, number>();
  readonly #shares = new Map<string, { count: number; amounts: Map<string, Quantity> }>();

  /** Whole, by somebody. */
  has(key: string): boolean {
    return this.#whole.has(key);
  }
  /** What is taken of a device that is shared; undefined: nobody has a share. */
  shares(key: string): Amounts | undefined {
    return this.#shares.get(key)?.amounts;
  }
  isUsed(key: string): boolean {
    return this.#whole.has(key) || this.#shares.has(key);
  }

  /** Administrators' access takes nothing. */
  count({ devices }: AllocationResult, sign: 1 | -1): void {
    for (const { driver, pool, device, adminAccess, shareID, consumedCapacity = {} } of devices?.results ?? []) {
      if (adminAccess) continue;
      const key = `${driver}/${pool}/${device}`;
      if (shareID === undefined) {
        const count = (this.#whole.get(key) ?? 0) + sign;
        if (count > 0) this.#whole.set(key, count);
        else this.#whole.delete(key);
        continue;
      }
      const share = this.#shares.get(key) ?? { count: 0, amounts: new Map<string, Quantity>() };
      share.count += sign;
      for (const [name, value] of Object.entries(consumedCapacity)) {
        const [now, change] = [share.amounts.get(name) ?? parseQuantity("0"), parseQuantity(String(value))];
        share.amounts.set(name, sign === 1 ? addQuantity(now, change) : subtractQuantity(now, change));
      }
      if (share.count > 0) this.#shares.set(key, share);
      else this.#shares.delete(key);
    }
  }
}
