/** One evaluation: what names mean, the loops' variables, and what it has cost so far. */
import type { Value } from "../declare.ts";
import { Fault } from "../value.ts";

export interface Frame {
  readonly bindings: Readonly<Record<string, Value>>;
  /** Variables of loops, by the slot that the plan gave them. */
  readonly slots: Value[];
  cost: number;
  readonly limit: number;
}

export type Run = (frame: Frame) => Value;

export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new Fault("operation cancelled: actual cost limit exceeded", true);
}

/** What `||`, `&&` and tests of loops may set aside; anything else is thrown on. */
export function absorbed(error: unknown): Fault {
  if (error instanceof Fault && !error.isFinal) return error;
  throw error;
}
