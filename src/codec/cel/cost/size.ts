/** Ranges of sizes and costs: sums and products stop at what upstream's 64 bits hold. */

import type { Type } from "../types.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** 2^64 - 1, as near as a number comes. */
export const unbounded = 2 ** 64;
const capped = (value: number) => (value > unbounded ? unbounded : value);

export const fixed = (value: number): Range => ({ min: value, max: value });
export const zero = fixed(0);
export const unknownSize: Range = { min: 0, max: unbounded };
export const add = (a: Range, b: Range): Range => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) });
export const multiply = (a: Range, b: Range): Range => ({ min: capped(a.min * b.min), max: capped(a.max * b.max) });
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
/** Rounded up. */
export const scale = ({ min, max }: Range, factor: number): Range => ({
  min: capped(Math.ceil(min * factor)),
  max: capped(Math.ceil(max * factor)),
});
export const sum = (ranges: readonly Range[]): Range => ranges.reduce(add, zero);

/** What is known of a part's size from its path through the declared types: a variable, then fields, `@items`, `@keys`, `@values`. */
export type KnownSize = (path: readonly string[] | undefined, type: Type) => Range | undefined;
