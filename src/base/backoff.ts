/** Exponential back-off per key, as pure arithmetic on remembered failures. */

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** Multiplier between failures, 2 unless told. */
  factor?: number;
}

/** The wait before attempt `failures` + 1: base, base × 2, … capped at max. Zero failures wait 0. */
export function backoffMs(failures: number, { baseMs, maxMs, factor = 2 }: BackoffOptions): number {
  if (failures <= 0) return 0;
  return Math.min(maxMs, baseMs * factor ** Math.min(failures - 1, 60));
}
