/** A map in key order with cheap inserts and range reads: short sorted chunks, so that an insert moves a few hundred slots only. */

const chunkLimit = 512;

interface Chunk<V> {
  keys: string[];
  values: V[];
}

export class SortedMap<V> {
  #index = new Map<string, V>();
  #chunks: Chunk<V>[] = [];

  get size(): number {
    return this.#index.size;
  }
  get(key: string): V | undefined {
    return this.#index.get(key);
  }
  has(key: string): boolean {
    return this.#index.has(key);
  }
  set(key: string, value: V): void {
    const known = this.#index.has(key);
    this.#index.set(key, value);
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push({ keys: [key], values: [value] });
      return;
    }
    const at = this.#chunkOf(key);
    const chunk = chunks[at]!;
    const slot = lowerBound(chunk.keys, key);
    if (known) {
      chunk.values[slot] = value;
      return;
    }
    if (slot === chunk.keys.length) {
      chunk.keys.push(key);
      chunk.values.push(value);
    } else {
      chunk.keys.splice(slot, 0, key);
      chunk.values.splice(slot, 0, value);
    }
    if (chunk.keys.length > chunkLimit) {
      // Appends in order leave full chunks behind them; inserts in the middle halve.
      const cut = slot === chunk.keys.length - 1 ? chunkLimit : chunkLimit >> 1;
      chunks.splice(at + 1, 0, { keys: chunk.keys.splice(cut), values: chunk.values.splice(cut) });
    }
  }
  delete(key: string): boolean {
    if (!this.#index.delete(key)) return false;
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const slot = lowerBound(chunk.keys, key);
    chunk.keys.splice(slot, 1);
    chunk.values.splice(slot, 1);
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
    return true;
  }
  /** Values with `from` <= key < `to`, in order. `each` returns false to stop. */
  scan(from: string, to: string, each: (value: V, key: string) => boolean | undefined): void {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const { keys, values } = this.#chunks[at]!;
      for (let slot = at === 0 || keys[0]! < from ? lowerBound(keys, from) : 0; slot < keys.length; slot++) {
        const key = keys[slot]!;
        if (key >= to) return;
        if (each(values[slot]!, key) === false) return;
      }
    }
  }
  /** How many keys lie in `from` <= key < `to`. */
  count(from: string, to: string): number {
    return Math.max(0, this.#rank(to) - this.#rank(from));
  }
  values(): IterableIterator<V> {
    return this.#index.values();
  }
  clear(): void {
    this.#index.clear();
    this.#chunks = [];
  }
  #rank(key: string): number {
    if (this.#chunks.length === 0) return 0;
    const at = this.#chunkOf(key);
    let rank = lowerBound(this.#chunks[at]!.keys, key);
    for (let i = 0; i < at; i++) rank += this.#chunks[i]!.keys.length;
    return rank;
  }
  /** The last chunk that begins at or before the key; the first one if none does. */
  #chunkOf(key: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chunks[middle]!.keys[0]! <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound(keys: string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
