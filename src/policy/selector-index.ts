/** Which of many selectors may match some labels, without asking each: nearly all of them name a value of a label. */
import type { Selector } from "#codec/mod.ts";

export class SelectorIndex<T> {
  #byLabel = new Map<string, T[]>();
  #others: T[] = [];

  constructor(items: Iterable<T>, selectorOf: (item: T) => Selector) {
    for (const item of items) {
      const wanted = selectorOf(item).requirements.find(({ operator }) => operator === "In");
      if (!wanted) this.#others.push(item);
      else for (const value of new Set(wanted.values)) this.#put(`${wanted.key}=${value}`, item);
    }
  }

  #put(label: string, item: T): void {
    const list = this.#byLabel.get(label);
    if (list) list.push(item);
    else this.#byLabel.set(label, [item]);
  }

  /** All that match are among them, each once; whether they do is still to be asked. */
  candidates(labels: Readonly<Record<string, string>>): readonly T[] {
    const found: (readonly T[])[] = this.#others.length > 0 ? [this.#others] : [];
    for (const key of Object.keys(labels)) {
      const list = this.#byLabel.get(`${key}=${labels[key]}`);
      if (list) found.push(list);
    }
    return found.length === 1 ? found[0]! : found.flat();
  }
}
