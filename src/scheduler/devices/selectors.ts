/** Which devices an expression means: `device.driver`, `device.attributes["dra.example.com"].model`, `device.capacity[…].memory`. */
import { compileSelector, type Device, selectorCostLimit } from "#api/mod.ts";
import { assert } from "#base/mod.ts";
import { compile, environment, MapLike, type Program, stringType } from "#codec/cel/mod.ts";

/** Makes values of a library's type from their text, by the language's own function. */
function maker(source: string) {
  const { ok, issues } = compile(source, environment({ variables: { text: stringType } }));
  assert(ok, `${source}: ${issues}`);
  const of = (text: string): unknown => {
    const made = ok.evaluate({ text });
    if (made.fault !== undefined) throw new Error(made.fault);
    return made.value;
  };
  return of;
}

const amountOf = maker("quantity(text)");
const versionOf = maker("semver(text)");

/** By domain; a domain that the device says nothing about is empty, so that a test for a name in it does not fail. */
class Domains extends MapLike {
  readonly #named = new Map<string, Record<string, unknown>>();
  get size(): number {
    return this.#named.size;
  }
  entries(): Iterable<readonly [unknown, unknown]> {
    return this.#named;
  }
  get(key: unknown): unknown {
    return typeof key === "string" ? (this.#named.get(key) ?? {}) : undefined;
  }
  /** Upstream's map answers for every domain, and still says of which it knows. */
  override has(key: unknown): boolean {
    return typeof key === "string" && this.#named.has(key);
  }
  set(name: string, driver: string, value: unknown): void {
    const slash = name.indexOf("/");
    const [domain, id] = slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)];
    const values = this.#named.get(domain) ?? Object.create(null);
    values[id] = value;
    this.#named.set(domain, values);
  }
}

function bindingsOf({ attributes = {}, capacity = {}, allowMultipleAllocations = false }: Device, driver: string) {
  const [facts, amounts] = [new Domains(), new Domains()];
  for (const [name, { int, bool, string, version: text }] of Object.entries(attributes)) {
    const value = int ?? bool ?? string ?? (text === undefined ? undefined : versionOf(text));
    if (value === undefined) throw new Error(`attribute ${name}: unsupported attribute value`);
    facts.set(name, driver, value);
  }
  for (const [name, { value }] of Object.entries(capacity)) amounts.set(name, driver, amountOf(String(value)));
  return { device: { driver, allowMultipleAllocations, attributes: facts, capacity: amounts } };
}

const mostPrograms = 500;
const programs = new Map<string, Program | string>();

function programOf(expression: string): Program | string {
  let program = programs.get(expression);
  if (program !== undefined) return program;
  program = compileSelector(expression);
  if (programs.size >= mostPrograms) programs.delete(programs.keys().next().value!);
  programs.set(expression, program);
  return program;
}

/** Objects of slices are frozen: what was found of one holds as long as it is there. */
const found = new WeakMap<Device, Map<string, boolean>>();

/** Throws, in upstream's words, what is wrong with the expression or with the device. */
export function matchesExpression(expression: string, device: Device, driver: string): boolean {
  const answers = found.get(device) ?? new Map<string, boolean>();
  const answer = answers.get(expression);
  if (answer !== undefined) return answer;
  const program = programOf(expression);
  if (typeof program === "string") throw new Error(`CEL compile error: ${program}`);
  const outcome = program.evaluate(bindingsOf(device, driver), { costLimit: selectorCostLimit });
  if (outcome.fault !== undefined) throw new Error(`CEL runtime error: ${outcome.fault}`);
  if (typeof outcome.value !== "boolean") throw new Error("CEL runtime error: the result could not be converted to bool");
  answers.set(expression, outcome.value);
  found.set(device, answers);
  return outcome.value;
}
