/** `--sort-by`: orders objects by a field as kubectl does: numbers, quantities, then natural text. */
import { jsonPath, relaxedJsonPath } from "#codec/json-path.ts";
import { CliError } from "../failure.ts";

function pathOf(field: string): ReturnType<typeof jsonPath> {
  try {
    return jsonPath(relaxedJsonPath(field));
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

/** Whether any of the objects has the field; true when there are none. */
export function hasField(objects: unknown[], field: string): boolean {
  const path = pathOf(field);
  const has = (object: unknown) => {
    try {
      return path.find(object)[0]?.[0] !== undefined;
    } catch {
      return false;
    }
  };
  return objects.length === 0 || objects.some(has);
}

/** Indices of `objects` in sorted order. */
export function sortOrder(objects: unknown[], field: string): number[] {
  const path = pathOf(field);
  const keys = objects.map((object) => {
    try {
      return path.find(object)[0]?.[0];
    } catch (error) {
      throw new CliError((error as Error).message);
    }
  });
  return objects.map((_, index) => index).sort((a, b) => compareFields(keys[a], keys[b]) || a - b);
}

function compareFields(a: unknown, b: unknown): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1;
  if (b === undefined || b === null) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") {
    const [left, right] = [quantity(a), quantity(b)];
    if (left !== undefined && right !== undefined) return left - right;
    return natural(a, b);
  }
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

function quantity(text: string): number | undefined {
  const match = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:[eE]([-+]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (match[2] === undefined ? suffixes[match[3] ?? ""] : 10 ** Number(match[2]));
}

/** Runs of digits compare as numbers: pod-2 before pod-10. */
export function natural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    if (/^\d/.test(left[i]) && /^\d/.test(right[i])) {
      const difference = Number(left[i]) - Number(right[i]);
      if (difference !== 0) return difference;
      return left[i].length - right[i].length;
    }
    return left[i] < right[i] ? -1 : 1;
  }
  return left.length - right.length;
}
