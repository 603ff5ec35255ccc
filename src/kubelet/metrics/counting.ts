/** Counters and durations that grow while a component runs, as metrics of it: bounded in how many series they keep. */
import type { Metric } from "#serve/mod.ts";

type Labels = Readonly<Record<string, string>>;

/** Of one name: labels that come beyond this are not told. */
const mostSeries = 5000;

export class Counting {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, { labels: Labels; value: number }>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels = {}, by = 1): void {
    const key = JSON.stringify(labels);
    const known = this.#series.get(key);
    if (known) known.value += by;
    else if (this.#series.size < mostSeries) this.#series.set(key, { labels, value: by });
  }

  /** Of what is gone: nobody asks for it any more. */
  forget(isGone: (labels: Labels) => boolean): void {
    for (const [key, { labels }] of this.#series) if (isGone(labels)) this.#series.delete(key);
  }

  metric(): Metric {
    return { name: this.#name, help: this.#help, type: "counter", samples: [...this.#series.values()] };
  }
}

/** Bounds in seconds. */
export class Durations {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  add(labels: Labels, ms: number): void {
    const key = JSON.stringify(labels);
    let series = this.#series.get(key);
    if (!series) {
      if (this.#series.size >= mostSeries) return;
      this.#series.set(key, (series = { labels, counts: this.#bounds.map(() => 0), sum: 0, count: 0 }));
    }
    const seconds = ms / 1000;
    for (const [at, bound] of this.#bounds.entries()) if (seconds <= bound) series.counts[at]!++;
    series.sum += seconds;
    series.count++;
  }

  forget(isGone: (labels: Labels) => boolean): void {
    for (const [key, { labels }] of this.#series) if (isGone(labels)) this.#series.delete(key);
  }

  metric(): Metric {
    const samples = [...this.#series.values()].flatMap(({ labels, counts, sum, count }) => [
      ...counts.map((value, at) => ({ suffix: "_bucket", labels: { ...labels, le: String(this.#bounds[at]) }, value })),
      { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
      { suffix: "_sum", labels, value: sum },
      { suffix: "_count", labels, value: count },
    ]);
    return { name: this.#name, help: this.#help, type: "histogram", samples };
  }
}

/** `count` bounds, each `factor` times the one before. */
export const growing = (first: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => Number((first * factor ** at).toPrecision(12)));
