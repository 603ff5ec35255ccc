/** The expressions of an authentication configuration: over the claims of a token, and over the user that they made. */
import {
  boolType,
  compile,
  double,
  dynType,
  type Environment,
  environment,
  isList,
  List,
  listOf,
  MapLike,
  mapOf,
  objectOf,
  type Program,
  stringType,
  type Type,
  unescapeName,
} from "#codec/cel/mod.ts";
import type { User } from "../../contract.ts";

export interface Expression {
  source: string;
  program: Program;
}

export type Compiled = { ok: Expression; issues?: undefined } | { ok?: undefined; issues: string };

const texts = listOf(stringType);
const userFields: Record<string, Type> = { username: stringType, uid: stringType, groups: texts, extra: mapOf(stringType, texts) };
const ofClaims = environment({ variables: { claims: mapOf(stringType, dynType) } });
const ofUser = environment({ variables: { user: objectOf("kubernetes.UserInfo", (name) => userFields[name]) } });

/** What it makes is known only when it runs. */
export const claimExpression = (source: string): Compiled => compiled(source, ofClaims, false);
export const claimRule = (source: string): Compiled => compiled(source, ofClaims, true);
export const userRule = (source: string): Compiled => compiled(source, ofUser, true);

function compiled(source: string, within: Environment, mustBeBool: boolean): Compiled {
  const { ok, issues } = compile(source, within);
  if (!ok) return { issues: `compilation failed: ${issues}` };
  if (mustBeBool && ok.resultType.kind !== boolType.kind) return { issues: "must evaluate to bool" };
  return { ok: { source, program: ok } };
}

/** Throws what is wrong. */
export function evaluate({ source, program }: Expression, bindings: Record<string, unknown>): unknown {
  const outcome = program.evaluate(bindings);
  if (outcome.fault !== undefined) throw new Error(`expression '${source}' resulted in error: ${outcome.fault}`);
  return outcome.value;
}

export const claimsBinding = (claims: Record<string, unknown>) => ({ claims: new JsonMap(claims) });
export const userBinding = ({ name, uid = "", groups, extra = {} }: User) => ({
  user: new JsonMap({ username: name, uid, groups, extra }),
});

/** A text or a list of texts; what is empty is left out. Undefined for anything else. */
export function textsOf(value: unknown): string[] | undefined {
  if (value === null || value === "") return [];
  if (typeof value === "string") return [value];
  if (!isList(value)) return undefined;
  const all = [...value];
  return all.every((each) => typeof each === "string") ? all.filter((each) => each !== "") : undefined;
}

/** As Go reads JSON: every number is a double. */
function seen(value: unknown): unknown {
  if (typeof value === "number") return double(value);
  if (typeof value === "bigint") return double(Number(value));
  if (Array.isArray(value)) return new JsonList(value);
  return typeof value === "object" && value !== null ? new JsonMap(value as Record<string, unknown>) : value;
}

/** Members that CEL cannot spell are found by their spelling: `claims.kubernetes__dot__io`. */
class JsonMap extends MapLike {
  readonly #members: Record<string, unknown>;
  constructor(members: Record<string, unknown>) {
    super();
    this.#members = members;
  }
  get size(): number {
    return Object.keys(this.#members).length;
  }
  get(key: unknown): unknown {
    if (typeof key !== "string") return undefined;
    const name = key.includes("__") ? (unescapeName(key) ?? key) : key;
    return Object.hasOwn(this.#members, name) ? seen(this.#members[name]) : undefined;
  }
  entries(): Iterable<readonly [unknown, unknown]> {
    return Object.entries(this.#members).map(([key, value]) => [key, seen(value)] as const);
  }
}

class JsonList extends List {
  readonly #elements: readonly unknown[];
  constructor(elements: readonly unknown[]) {
    super();
    this.#elements = elements;
  }
  get length(): number {
    return this.#elements.length;
  }
  at(index: number): unknown {
    return seen(this.#elements[index]);
  }
  *[Symbol.iterator](): Iterator<unknown> {
    for (const each of this.#elements) yield seen(each);
  }
}
