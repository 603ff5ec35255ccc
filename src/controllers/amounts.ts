/** Bounds that are a number or a percentage of a whole: `2`, `25%`. */

export type Amount = number | string;

export function scaledUp(amount: Amount, whole: number): number {
  return scaled(amount, whole, Math.ceil);
}

export function scaledDown(amount: Amount, whole: number): number {
  return scaled(amount, whole, Math.floor);
}

function scaled(amount: Amount, whole: number, round: (value: number) => number): number {
  if (typeof amount === "number") return amount;
  const percent = /^(\d+)%$/.exec(amount);
  return percent ? round((Number(percent[1]) * whole) / 100) : 0;
}

/** A rolling update that may neither add nor miss a pod would never end. */
export function atLeastOneOf<B extends { maxSurge: number; maxUnavailable: number }>(bounds: B): B {
  return bounds.maxSurge === 0 && bounds.maxUnavailable === 0 ? { ...bounds, maxUnavailable: 1 } : bounds;
}
