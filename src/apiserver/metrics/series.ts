/**
 * Counts in Prometheus' text format, made for a path that is walked a hundred thousand times a second: whoever counts holds the
 * series itself, and everything else happens when somebody asks for the text.
 */

export type Labels = Readonly<Record<string, string | number | boolean>>;
export type Stability = "ALPHA" | "BETA" | "STABLE";

/** `{code="200",verb="GET"}`, by name, as upstream sorts them; empty without labels. */
export function labelText(labels: Labels, more = ""): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}="${String(labels[name]).replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`))}"`);
  if (more) pairs.push(more);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

/** How many observations fell below each bound. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length).fill(0);
  }

  observe(value: number): void {
    const { bounds } = this;
    // Most fall into the first few.
    for (let i = 0; i < bounds.length; i++)
      if (value <= bounds[i]!) {
        this.#counts[i]!++;
        break;
      }
    this.sum += value;
    this.count++;
  }

  lines(name: string, labels: Labels): string[] {
    let below = 0;
    const own = labelText(labels);
    return [
      ...this.bounds.map((bound, i) => `${name}_bucket${labelText(labels, `le="${bound}"`)} ${(below += this.#counts[i]!)}`),
      `${name}_bucket${labelText(labels, 'le="+Inf"')} ${this.count}`,
      `${name}_sum${own} ${this.sum}`,
      `${name}_count${own} ${this.count}`,
    ];
  }
}

export function head(name: string, type: "counter" | "gauge" | "histogram", help: string, stability: Stability): string[] {
  return [`# HELP ${name} [${stability}] ${help}`, `# TYPE ${name} ${type}`];
}

/** Nothing at all while there is nothing to tell. */
export function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  stability: Stability,
  values: Iterable<readonly [Labels, number]>,
): string[] {
  const lines = Array.from(values, ([labels, value]) => `${name}${labelText(labels)} ${value}`);
  return lines.length > 0 ? [...head(name, type, help, stability), ...lines] : [];
}

export function histogramFamily(
  name: string,
  help: string,
  stability: Stability,
  values: Iterable<readonly [Labels, Histogram]>,
): string[] {
  const lines = Array.from(values, ([labels, histogram]) => (histogram.count > 0 ? histogram.lines(name, labels) : [])).flat();
  return lines.length > 0 ? [...head(name, "histogram", help, stability), ...lines] : [];
}
