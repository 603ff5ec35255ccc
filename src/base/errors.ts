/** Broken invariants crash; expected outcomes are return values; everything else is wrapped with what was attempted. */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export class AssertionError extends Error {
  override name = "AssertionError";
}

/** The message of anything thrown, with its chain of causes: `a: b: c`. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  const cause = error.cause === undefined ? "" : messageOf(error.cause);
  return cause && !own.includes(cause) ? `${own}: ${cause}` : own;
}

/** True when the error only says that the work was cancelled. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || (error as { code?: string }).code === "ABORT_ERR");
}

/** An unreachable branch of a union; fails to compile when a case is missing. */
export function never(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`);
}
