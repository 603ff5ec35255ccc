/** Sets of completion indexes as ascending intervals, as the status writes them: `1,3-5`. */

export type Interval = readonly [first: number, last: number];
export type Indexes = readonly Interval[];

/** What is not in the form, or beyond the completions, is left out. */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  const found: number[][] = [];
  for (const part of text ? text.split(",") : []) {
    const [first, last = first] = part.split("-").map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last) || first > last || first >= completions) continue;
    found.push([first, Math.min(last, completions - 1)]);
  }
  return merged(found as unknown as Interval[]);
}

export function formatIndexes(indexes: Indexes): string {
  return indexes
    .map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`))
    .join(",");
}

export const indexesOf = (numbers: Iterable<number>): Indexes => merged([...numbers].map((number): Interval => [number, number]));
export const union = (...all: readonly Indexes[]): Indexes => merged(all.flat());
export const countOf = (indexes: Indexes): number => indexes.reduce((sum, [first, last]) => sum + last - first + 1, 0);

export function has(indexes: Indexes, number: number): boolean {
  let [low, high] = [0, indexes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indexes[middle]![1] < number) low = middle + 1;
    else high = middle;
  }
  return low < indexes.length && indexes[low]![0] <= number;
}

/** How many numbers are in both. */
export function overlap(a: Indexes, b: Indexes): number {
  let [count, i, j] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    count += Math.max(0, Math.min(a[i]![1], b[j]![1]) - Math.max(a[i]![0], b[j]![0]) + 1);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return count;
}

/** The lowest numbers below `completions` that are not in the set. */
export function firstMissing(indexes: Indexes, count: number, completions: number): number[] {
  const missing: number[] = [];
  let next = 0;
  for (const [first, last] of [...indexes, [completions, completions] as const]) {
    for (; next < first && next < completions && missing.length < count; next++) missing.push(next);
    next = Math.max(next, last + 1);
  }
  return missing;
}

function merged(intervals: readonly Interval[]): Indexes {
  const result: [number, number][] = [];
  for (const [first, last] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
