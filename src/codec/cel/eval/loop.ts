/** Comprehensions as loops: the accumulator may be a fault that a later element makes good, and lists grow in place. */
import { type Comprehension, type Expr, operators } from "../ast.ts";
import type { Value } from "../declare.ts";
import { CelMap, Fault, isList, isMap, type List, mapEntries, mapKeys, typeNameOf } from "../value.ts";
import { absorbed, charge, type Frame, type Run } from "./frame.ts";

export interface LoopParts {
  range: Run;
  slot: number;
  slot2: number | undefined;
  accumulator: number;
  initial: Run;
  /** Undefined: always true. */
  condition: Run | undefined;
  step: Run;
  result: Run;
}

export function loop(parts: LoopParts): Run {
  const { range, accumulator, initial, result } = parts;
  return (frame) => {
    const over = range(frame);
    frame.slots[accumulator] = initial(frame);
    const list = parts.slot2 !== undefined ? undefined : Array.isArray(over) ? over : isMap(over) ? mapKeys(over) : undefined;
    if (list) {
      for (let i = 0; i < list.length; i++) if (!round(frame, list[i], parts)) break;
    } else for (const item of items(over, parts.slot2 !== undefined)) if (!round(frame, item, parts)) break;
    return result(frame);
  };
}

/** Whether another round may follow. */
function round(frame: Frame, item: Value, { slot, slot2, accumulator, condition, step }: LoopParts): boolean {
  if (slot2 === undefined) frame.slots[slot] = item;
  else [frame.slots[slot], frame.slots[slot2]] = item as readonly [Value, Value];
  if (!condition) {
    frame.slots[accumulator] = step(frame);
    return true;
  }
  if (condition(frame) === false) return false;
  try {
    frame.slots[accumulator] = step(frame);
  } catch (error) {
    frame.slots[accumulator] = absorbed(error);
  }
  return true;
}

/** Elements or keys; pairs of index and element, or key and value. */
function items(over: Value, pairs: boolean): Iterable<Value> {
  if (isList(over)) return pairs ? indexed(over) : (over as Iterable<Value>);
  if (isMap(over)) return pairs ? mapEntries(over) : mapKeys(over);
  throw new Fault(`got '${goTypeName(over)}', expected iterable type`);
}

function* indexed(list: readonly Value[] | List): Iterable<readonly [number, Value]> {
  let index = 0;
  for (const each of list as Iterable<Value>) yield [index++, each];
}

function goTypeName(value: Value): string {
  const name = typeNameOf(value);
  const own: Record<string, string> = {
    null_type: "Null",
    "google.protobuf.Duration": "Duration",
    "google.protobuf.Timestamp": "Timestamp",
  };
  return name === "optional_type" ? "*types.Optional" : `types.${own[name] ?? name[0]!.toUpperCase() + name.slice(1)}`;
}

/** `optMap` and its like: a variable for one expression, evaluated when it is first read. */
export function bind(slot: number, initial: Run, result: Run): Run {
  return (frame) => {
    frame.slots[slot] = new Lazy(initial);
    return result(frame);
  };
}

export class Lazy {
  readonly run: Run;
  constructor(run: Run) {
    this.run = run;
  }
}

/** What a loop's variable holds. An accumulated fault is thrown where it is read. */
export function readSlot(slot: number): Run {
  return (frame) => {
    const value = frame.slots[slot];
    if (value instanceof Fault) throw value;
    if (value instanceof Lazy) return (frame.slots[slot] = value.run(frame));
    return value;
  };
}

/** `accumulator + [x]` and `test ? accumulator + [x] : accumulator`: what x and the test are. */
export function appended({ accumulator, initial, step }: Comprehension): { test: Expr | undefined; element: Expr } | undefined {
  if (initial.kind !== "list" || initial.elements.length > 0) return undefined;
  const isAccumulator = (expr: Expr | undefined) => expr?.kind === "ident" && expr.name === accumulator;
  const isConditional = step.kind === "call" && step.name === operators.conditional && isAccumulator(step.args[2]);
  const [test, add] = isConditional ? [step.args[0], step.args[1]!] : [undefined, step];
  if (add.kind !== "call" || add.name !== operators.add || !isAccumulator(add.args[0])) return undefined;
  const list = add.args[1]!;
  return list.kind === "list" && list.elements.length === 1 && list.optional.size === 0 ? { test, element: list.elements[0]! } : undefined;
}

/** The step that adds to the loop's own list; it costs what the sum would. */
export function append(accumulator: number, test: Run | undefined, element: Run, cost: number): Run {
  return (frame) => {
    const list = frame.slots[accumulator] as Value[];
    if (test) {
      const holds = test(frame);
      if (typeof holds !== "boolean") throw new Fault("no such overload");
      if (!holds) return list;
    }
    charge(frame, 1);
    list.push(element(frame));
    charge(frame, cost);
    return list;
  };
}

export const freshList: Run = () => [];
export const freshMap: Run = () => new CelMap();
