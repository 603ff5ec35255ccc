/** Rules in CEL: compiled once for a schema, asked of every object that is written, within upstream's budget. */
import { compile, environment, escapeName, noValue, Optional, optionalOf, type Program } from "#codec/cel/mod.ts";
import { type FieldError, omitted, type ProblemType } from "../checks/problems.ts";
import { type Declared, declaredOf, sizeAt } from "./cel-types.ts";
import { Values } from "./cel-values.ts";
import { fieldPathOf } from "./field-path.ts";
import type { Structural, ValidationRuleJson } from "./structural.ts";
import { correlated, isSame } from "./validation.ts";

export interface CompiledRule {
  source: ValidationRuleJson;
  program?: Program;
  /** Why there is none. */
  issues?: string;
  usesOldSelf: boolean;
  message?: Program;
  messageIssues?: string;
  /** The most that one asking can cost. */
  cost: number;
  messageCost: number;
  /** What is blamed, below the place of the rule. */
  blamed: string;
}

export function compileRules({ rules, source }: Structural, declared: Declared): CompiledRule[] {
  return rules.map((rule) => compileRule(rule, source, declared));
}

function compileRule(rule: ValidationRuleJson, schema: Structural["source"], declared: Declared): CompiledRule {
  const made: CompiledRule = { source: rule, usesOldSelf: false, cost: 0, messageCost: 0, blamed: "" };
  if (rule.rule.trim() === "") return made;
  const old = rule.optionalOldSelf ? optionalOf(declared.type) : declared.type;
  const env = environment({
    variables: {
      self: declared.type,
      // Asked for by its name only when the rule says it.
      get oldSelf() {
        made.usesOldSelf = true;
        return old;
      },
    },
  });
  const knownSize = (path: readonly string[] | undefined) => sizeAt(declared, path);
  const { ok, issues } = compile(rule.rule, env);
  if (!ok) return { ...made, issues: issues.startsWith("program instantiation failed") ? issues : `compilation failed: ${issues}` };
  if (ok.resultType.kind !== "bool") return { ...made, issues: "cel expression must evaluate to a bool" };
  const { usesOldSelf } = made;
  made.program = ok;
  made.cost = ok.estimate(knownSize).max;
  if (rule.messageExpression) {
    const message = compile(rule.messageExpression, env);
    if (!message.ok) made.messageIssues = `messageExpression compilation failed: ${message.issues}`;
    else if (message.ok.resultType.kind !== "string") made.messageIssues = "messageExpression must evaluate to a string";
    else {
      made.message = message.ok;
      made.messageCost = message.ok.estimate(knownSize).max;
    }
  }
  const path = rule.fieldPath ? fieldPathOf(rule.fieldPath, schema) : undefined;
  return { ...made, usesOldSelf, blamed: typeof path === "object" ? path.path : "" };
}

/** The rules of a schema and of all below it; undefined when there are none. */
export interface RuleTree {
  schema: Structural;
  isRoot: boolean;
  rules: readonly CompiledRule[];
  /** Rules stand where nothing can be said of the type. */
  problem?: string;
  items?: RuleTree;
  additional?: RuleTree;
  properties?: ReadonlyMap<string, RuleTree>;
}

export function ruleTree(schema: Structural, isRoot: boolean): RuleTree | undefined {
  return hasRules(schema) ? treeOf(schema, isRoot, declaredOf(schema, isRoot)) : undefined;
}

function hasRules({ rules, items, additional, properties }: Structural): boolean {
  if (rules.length > 0 || (items && hasRules(items)) || (typeof additional === "object" && hasRules(additional))) return true;
  return [...(properties?.values() ?? [])].some(hasRules);
}

function treeOf(schema: Structural, isRoot: boolean, declared: Declared | undefined): RuleTree | undefined {
  const { items, additional } = schema;
  const properties = new Map<string, RuleTree>();
  for (const [name, own] of schema.properties ?? []) {
    const escaped = escapeName(name);
    const below = escaped === undefined ? declaredOf(own, own.embedded) : declared?.fields?.get(escaped);
    const tree = below && hasRules(own) ? treeOf(own, own.embedded, below) : undefined;
    if (tree) properties.set(name, tree);
  }
  const elements = (own: Structural | undefined) => (own && hasRules(own) ? treeOf(own, own.embedded, declared?.element) : undefined);
  const tree: RuleTree = {
    schema,
    isRoot,
    rules: declared ? compileRules(schema, declared) : [],
    ...(schema.rules.length > 0 && !declared ? { problem: "failed to convert to declType for CEL validation rules" } : {}),
    items: elements(items),
    additional: elements(typeof additional === "object" ? additional : undefined),
    properties: properties.size > 0 ? properties : undefined,
  };
  return tree.rules.length > 0 || tree.problem || tree.items || tree.additional || tree.properties ? tree : undefined;
}

/** What all rules of one write may cost together. */
const budget = 10_000_000;
const longestMessage = 5 * 1024;
const outOfBudget = "validation failed due to running out of cost budget, no further validation rules will be run";

/** What a value is compared with, when the schema tells which old value it was. */
interface Pair {
  schema: Structural;
  value: unknown;
  old: unknown;
}

export function askRules(tree: RuleTree, value: unknown, old: unknown, path = ""): FieldError[] {
  const asking = new Asking();
  const pair = old === undefined ? undefined : { schema: tree.schema, value, old };
  asking.node(tree, value, old, { path, pair, parent: undefined });
  return asking.errors;
}

interface At {
  path: string;
  pair: Pair | undefined;
  /** The nearest ancestor that has an old value. */
  parent: Pair | undefined;
}

class Asking {
  readonly errors: FieldError[] = [];
  readonly #values = new Values();
  #left = budget;

  node(tree: RuleTree, value: unknown, old: unknown, at: At): void {
    if (value === null || value === undefined || this.#left < 0) return;
    this.#ask(tree, value, old ?? undefined, at);
    if (this.#left < 0) return;
    if (Array.isArray(value)) this.#elements(tree, value, old, at);
    else if (typeof value === "object") this.#members(tree, value as Record<string, unknown>, old, at);
  }

  #elements({ items, schema }: RuleTree, list: readonly unknown[], old: unknown, { path, pair, parent }: At): void {
    if (!items) return;
    const before = correlated(schema, list, old);
    for (const [i, item] of list.entries()) {
      const was = before?.(i);
      const below = pair && { pair: was === undefined ? undefined : { schema: items.schema, value: item, old: was }, parent: pair };
      this.node(items, item, was, { path: `${path}[${i}]`, ...(below ?? { pair, parent }) });
    }
  }

  #members({ additional, properties, schema }: RuleTree, object: Record<string, unknown>, old: unknown, at: At): void {
    const before = typeof old === "object" && old !== null && !Array.isArray(old) ? (old as Record<string, unknown>) : {};
    const below = (tree: RuleTree, key: string, path: string) => {
      const has = Object.hasOwn(before, key);
      this.node(tree, object[key], has ? before[key] : undefined, { path, ...this.#pairOf(schema, object, before, key, at) });
    };
    if (additional) for (const key of Object.keys(object)) below(additional, key, `${at.path}[${key}]`);
    if (properties)
      for (const [key, tree] of properties) if (Object.hasOwn(object, key)) below(tree, key, at.path ? `${at.path}.${key}` : key);
  }

  #pairOf(schema: Structural, object: object, before: object, key: string, { pair, parent }: At): Pick<At, "pair" | "parent"> {
    if (!pair) return { pair, parent };
    // Types are not the client's to change: they show nothing.
    if (!parent && (key === "apiVersion" || key === "kind")) return { pair: undefined, parent: undefined };
    const own = schema.properties?.get(key) ?? (typeof schema.additional === "object" ? schema.additional : undefined);
    const isThere = own && Object.hasOwn(before, key);
    const read = (from: object) => (from as Record<string, unknown>)[key];
    return { pair: isThere ? { schema: own, value: read(object), old: read(before) } : undefined, parent: pair };
  }

  #ask({ rules, schema, isRoot, problem }: RuleTree, value: unknown, old: unknown, at: At): void {
    if (problem) return this.#add(at.path, schema.type, `rule compiler initialization error: ${problem}`);
    if (rules.length === 0) return;
    if (this.#left <= 0) return this.#end(at.path, schema.type, outOfBudget);
    const self = this.#values.of(schema, value, isRoot);
    const oldSelf = old === undefined ? undefined : this.#values.of(schema, old, isRoot);
    for (const rule of rules) {
      this.#one(rule, { self, oldSelf }, schema, value, at);
      if (this.#left < 0) return;
    }
  }

  #one(rule: CompiledRule, seen: { self: unknown; oldSelf: unknown }, schema: Structural, value: unknown, at: At): void {
    const { source, program, issues, usesOldSelf } = rule;
    if (issues !== undefined) return this.#add(at.path, schema.type, `rule compile error: ${issues}`);
    if (!program || (usesOldSelf && seen.oldSelf === undefined && !source.optionalOldSelf)) return;
    const bindings = source.optionalOldSelf
      ? { self: seen.self, oldSelf: seen.oldSelf === undefined ? noValue : new Optional(seen.oldSelf) }
      : seen;
    const told = program.evaluate(bindings);
    if (told.cost > this.#left) return this.#end(at.path, schema.type, outOfBudget);
    this.#left -= told.cost;
    const shown = (source.message || source.rule).trim();
    if (told.fault !== undefined) {
      if (told.isOverLimit)
        return this.#end(
          at.path,
          schema.type,
          `'${told.fault}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`,
        );
      const why = told.fault.startsWith("no such overload")
        ? `'${told.fault}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
        : `${told.fault} evaluating rule: ${shown}`;
      return this.#add(at.path, schema.type, why);
    }
    if (told.value === true) return;
    const path = rule.blamed ? (at.path ? `${at.path}.${rule.blamed}` : rule.blamed) : at.path;
    const fresh = usesOldSelf || !isUnchanged(at);
    // Upstream shows messages the plain old value, also where the rule has an optional one.
    const message = this.#message(rule, seen, { path, type: schema.type, fresh });
    if (message === undefined || !fresh) return;
    const isWhole = schema.type === "object" || schema.type === "array";
    this.errors.push(blame(source.reason, path, isWhole ? omitted : value, message));
  }

  /** Undefined: the asking has ended. */
  #message(
    rule: CompiledRule,
    seen: { self: unknown; oldSelf: unknown },
    at: { path: string; type: string; fresh: boolean },
  ): string | undefined {
    const { message: own, messageExpression = "" } = rule.source;
    const plain = own ? own.trim() : `failed rule: ${rule.source.rule.trim()}`;
    if (!rule.message) return plain;
    const told = rule.message.evaluate(seen);
    const end = (text: string) => {
      if (at.fresh) this.#add(at.path, at.type, text);
      this.#left = -1;
      return undefined;
    };
    if (told.cost > this.#left)
      return end("messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run");
    if (told.fault !== undefined && told.isOverLimit)
      return end(
        `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(messageExpression)}`,
      );
    this.#left -= told.cost;
    const made = typeof told.fault === "undefined" && typeof told.value === "string" ? told.value.trim() : "";
    return made === "" || made.includes("\n") || Buffer.byteLength(made) > longestMessage ? plain : made;
  }

  #add(path: string, badValue: unknown, detail: string): void {
    this.errors.push({ type: "FieldValueInvalid", field: path || "<nil>", badValue, detail });
  }

  #end(path: string, badValue: unknown, detail: string): void {
    this.#add(path, badValue, detail);
    this.#left = -1;
  }
}

/** Neither it nor what it stands in has changed: what it breaks, it broke before. */
function isUnchanged({ pair, parent }: At): boolean {
  const nearest = pair ?? parent;
  return nearest !== undefined && isSame(nearest.schema, nearest.value, nearest.old);
}

function blame(reason: string | undefined, path: string, badValue: unknown, detail: string): FieldError {
  const type = (reason ?? "FieldValueInvalid") as ProblemType;
  const field = path || "<nil>";
  if (type === "FieldValueForbidden" || type === "FieldValueRequired") return { type, field, badValue: "", detail };
  return type === "FieldValueDuplicate" ? { type, field, badValue, detail: "" } : { type, field, badValue, detail };
}
