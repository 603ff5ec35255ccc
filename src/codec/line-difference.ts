/**
 * A unified difference of two texts as Python's difflib finds it, which upstream shows in messages: the longest run of equal lines first,
 * then what is before and behind it. In long texts, lines that come often begin no run.
 */

/** So many equal lines stand around what differs. */
const context = 3;
/** From so many lines on, those of which more than one in a hundred are alike begin no run. */
const longText = 200;
/** Comparisons of lines before what is left counts as different: what texts look like is up to who sends them. */
const mostSteps = 2_000_000;

interface Run {
  a: number;
  b: number;
  size: number;
}

/** A stretch of both texts; equal in both, or not. */
interface Stretch {
  equal: boolean;
  a1: number;
  a2: number;
  b1: number;
  b2: number;
}

/** Without a head that names the texts; empty: they are the same. */
export function lineDifference(before: string, after: string): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let out = "";
  for (const hunk of hunksOf(stretchesOf(a, b))) {
    const [first, last] = [hunk[0]!, hunk.at(-1)!];
    out += `@@ -${rangeText(first.a1, last.a2)} +${rangeText(first.b1, last.b2)} @@\n`;
    for (const { equal, a1, a2, b1, b2 } of hunk) {
      for (const line of a.slice(a1, a2)) out += `${equal ? " " : "-"}${line}\n`;
      if (!equal) for (const line of b.slice(b1, b2)) out += `+${line}\n`;
    }
  }
  return out;
}

function rangeText(from: number, to: number): string {
  if (to - from === 1) return String(from + 1);
  return `${to === from ? from : from + 1},${to - from}`;
}

function stretchesOf(a: readonly string[], b: readonly string[]): Stretch[] {
  const stretches: Stretch[] = [];
  let [i, j] = [0, 0];
  for (const { a: at, b: bt, size } of [...runsOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < at || j < bt) stretches.push({ equal: false, a1: i, a2: at, b1: j, b2: bt });
    [i, j] = [at + size, bt + size];
    const before = stretches.at(-1);
    if (size === 0) continue;
    if (before?.equal) Object.assign(before, { a2: i, b2: j });
    else stretches.push({ equal: true, a1: at, a2: i, b1: bt, b2: j });
  }
  return stretches;
}

function runsOf(a: readonly string[], b: readonly string[]): Run[] {
  const places = Map.groupBy(b.keys(), (index) => b[index]!);
  const most = Math.floor(b.length / 100) + 1;
  if (b.length >= longText) for (const [line, indices] of places) if (indices.length > most) places.delete(line);
  const runs: Run[] = [];
  const left = { steps: mostSteps };
  const open = [{ a1: 0, a2: a.length, b1: 0, b2: b.length }];
  for (let part = open.pop(); part; part = open.pop()) {
    const run = longestRun(a, b, part, places, left);
    if (run.size === 0) continue;
    runs.push(run);
    open.push({ ...part, a2: run.a, b2: run.b }, { ...part, a1: run.a + run.size, b1: run.b + run.size });
  }
  return runs.sort((x, y) => x.a - y.a);
}

/** The first one in `a` of the longest, and of those the first one in `b`. */
function longestRun(
  a: readonly string[],
  b: readonly string[],
  { a1, a2, b1, b2 }: Omit<Stretch, "equal">,
  places: ReadonlyMap<string, readonly number[]>,
  left: { steps: number },
): Run {
  let best: Run = { a: a1, b: b1, size: 0 };
  /** By where a run ends in `b`: how long it is. */
  let ending = new Map<number, number>();
  for (let i = a1; i < a2 && left.steps > 0; i++) {
    const next = new Map<number, number>();
    left.steps--;
    for (const j of places.get(a[i]!) ?? []) {
      if (j >= b2) break;
      left.steps--;
      if (j < b1) continue;
      const size = (ending.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    ending = next;
  }
  while (best.a > a1 && best.b > b1 && a[best.a - 1] === b[best.b - 1]) best = { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
  while (best.a + best.size < a2 && best.b + best.size < b2 && a[best.a + best.size] === b[best.b + best.size]) best.size++;
  return best;
}

/** Stretches that are near each other, with some of what is around them. */
function hunksOf(stretches: readonly Stretch[]): Stretch[][] {
  const hunks: Stretch[][] = [];
  let hunk: Stretch[] = [];
  for (const [i, stretch] of stretches.entries()) {
    if (!stretch.equal) {
      hunk.push(stretch);
      continue;
    }
    const { a1, a2, b1, b2 } = stretch;
    const [head, tail] = [Math.min(context, a2 - a1), Math.min(context, a2 - a1)];
    const opens = { ...stretch, a1: a2 - tail, b1: b2 - tail };
    const closes = { ...stretch, a2: a1 + head, b2: b1 + head };
    const isLast = i === stretches.length - 1;
    if (i === 0) hunk.push(opens);
    else if (isLast) hunk.push(closes);
    else if (a2 - a1 > 2 * context) {
      hunks.push([...hunk, closes]);
      hunk = [opens];
    } else hunk.push(stretch);
  }
  if (hunk.some(({ equal }) => !equal)) hunks.push(hunk);
  return hunks;
}
