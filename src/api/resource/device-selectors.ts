/** CEL in selectors of devices: what an expression sees of a device, and what is refused when one is written. */
import { anyType, boolType, compile, environment, type KnownSize, mapOf, objectOf, type Program, stringType } from "#codec/cel/mod.ts";
import type { Problems } from "../checks/problems.ts";

const quantityType = compile('quantity("0")', environment({ variables: {} })).ok!.resultType;

const fields = new Map([
  ["driver", stringType],
  ["allowMultipleAllocations", boolType],
  ["attributes", mapOf(stringType, mapOf(stringType, anyType))],
  ["capacity", mapOf(stringType, mapOf(stringType, quantityType))],
]);
const known = environment({ variables: { device: objectOf("kubernetes.DRADevice", (name) => fields.get(name)) }, binds: true });

/** What upstream lets one selector cost, estimated and real. */
export const selectorCostLimit = 1_000_000;
const longestExpression = 10 * 1024;

/** How much can stand at a place: 32 attributes and capacities, domains of 63, ids of 32, values of 64 characters. */
interface Place {
  most: number;
  fields?: Readonly<Record<string, Place>>;
  keys?: Place;
  values?: Place;
  /** Any name is one of `values`. */
  isByName?: boolean;
}
const domain: Place = { most: 63 };
const ids = (values: Place, isByName: boolean): Place => ({ most: 32, keys: { most: 32 }, values, isByName });
const byDomain = (values: Place): Place => ({ most: 32, keys: domain, values });
const device: Place = {
  most: 0,
  fields: {
    driver: domain,
    allowMultipleAllocations: { most: 1 },
    attributes: byDomain(ids({ most: 64 }, true)),
    capacity: byDomain(ids({ most: 0 }, false)),
  },
};

const knownSize: KnownSize = (path) => {
  if (path?.[0] !== "device") return undefined;
  let place: Place | undefined = device;
  for (const name of path.slice(1)) {
    if (name === "@items" || name === "@values") place = place.values;
    else if (name === "@keys") place = place.keys;
    else place = place.fields && Object.hasOwn(place.fields, name) ? place.fields[name] : place.isByName ? place.values : undefined;
    if (!place) return undefined;
  }
  return { min: 0, max: place.most };
};

/** The program, or what is wrong with the expression, in upstream's words. */
export function compileSelector(expression: string): Program | string {
  const { ok, issues } = compile(expression, known);
  if (!ok) return issues.startsWith("program instantiation failed") ? issues : `compilation failed: ${issues}`;
  if (ok.resultType.kind === "bool" || ok.resultType.kind === "any") return ok;
  return `must evaluate to bool or the unknown type, not ${ok.resultType.name}`;
}

/** What it costs at most, by what a device can hold. */
export const selectorCost = (program: Program): number => program.estimate(knownSize).max;

/** Notes what is wrong with it; nothing of one that is too long to be looked at, which its declaration says. */
export function checkSelector(expression: string, at: string, problems: Problems): void {
  if (Buffer.byteLength(expression) > longestExpression) return;
  const program = compileSelector(expression);
  if (typeof program !== "string") {
    if (selectorCost(program) > selectorCostLimit) problems.forbidden(at, "too complex, exceeds cost limit");
  } else if (program.startsWith("program instantiation failed")) problems.internal(at, program);
  else problems.invalid(at, expression, program);
}
