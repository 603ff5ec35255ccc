/** Label and field selectors, in both of their written forms, compiled to one list of requirements. */
import { checkLabelKey, checkLabelValue } from "./names.ts";

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key?: string; operator?: string; values?: string[] }[];
}

export type SelectorOperator = "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" | "Equals" | "NotEquals";

export interface Requirement {
  key: string;
  operator: SelectorOperator;
  values: readonly string[];
}

/** Every requirement must hold. `nothing`: matches no object whatever its labels. */
export interface Selector {
  requirements: readonly Requirement[];
  nothing?: boolean;
}

const nothing: Selector = { requirements: [], nothing: true };

export class SelectorError extends Error {
  override name = "SelectorError";
}

/** The object form. Absent selects nothing; empty selects everything. */
export function labelSelectorFrom(selector: LabelSelector | undefined): Selector {
  if (!selector) return nothing;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  for (const { key = "", operator = "", values = [] } of selector.matchExpressions ?? []) {
    if (operator !== "In" && operator !== "NotIn" && operator !== "Exists" && operator !== "DoesNotExist")
      throw new SelectorError(`"${operator}" is not a valid label selector operator`);
    requirements.push({ key, operator, values });
  }
  return { requirements };
}

/** A plain map, as Services and replication controllers write it. Empty selects nothing. */
export function selectorFromMap(map: Record<string, string> | undefined): Selector {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return nothing;
  return { requirements: entries.map(([key, value]) => ({ key, operator: "In", values: [value] })) };
}

export function matchesLabels(selector: Selector, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (selector.nothing) return false;
  for (const requirement of selector.requirements)
    if (!holds(requirement, labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined)) return false;
  return true;
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
    case "Equals":
      return value !== undefined && values.includes(value);
    case "NotIn":
    case "NotEquals":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return isInteger(value) && BigInt(value) > BigInt(values[0]!);
    case "Lt":
      return isInteger(value) && BigInt(value) < BigInt(values[0]!);
  }
}

const isInteger = (value: string | undefined): value is string => value !== undefined && /^-?\d+$/.test(value);

/** The written form: `a=b,c!=d,e in (f, g),h,!i,j>3`. Throws SelectorError with upstream's words. */
export function parseLabelSelector(text: string): Selector {
  const tokens = tokenize(text);
  const requirements: Requirement[] = [];
  let at = 0;
  const fail = (found: string, expected: string): never => {
    throw new SelectorError(`unable to parse requirement: found '${found}', expected: ${expected}`);
  };
  // Between requirements, upstream's parser leaves the prefix away.
  const failBetween = (found: string, expected: string): never => {
    throw new SelectorError(`found '${found}', expected: ${expected}`);
  };
  while (at < tokens.length) {
    let token = tokens[at]!;
    const negated = token === "!";
    if (negated) token = tokens[++at] ?? "";
    if (token === "" || isSymbol(token)) {
      if (negated) fail(token, "identifier");
      failBetween(token, "!, identifier, or 'end of string'");
    }
    validateKey(token);
    const key = token;
    const operator = tokens[++at];
    if (negated || operator === undefined || operator === ",") {
      requirements.push({ key, operator: negated ? "DoesNotExist" : "Exists", values: [] });
      if (negated && operator !== undefined && operator !== ",") failBetween(operator, "',' or 'end of string'");
    } else if (operator === "in" || operator === "notin") {
      const values: string[] = [];
      if (tokens[++at] !== "(") throw new SelectorError(`unable to parse requirement: found '${tokens[at] ?? ""}' expected: '('`);
      if (tokens[at + 1] === ")") values.push("");
      for (at++; tokens[at] !== ")"; at++) {
        const [before, value, after] = [tokens[at - 1], tokens[at], tokens[at + 1]];
        if (value === ",") {
          if (before === "(" || before === ",") values.push("");
          if (after === ")") values.push("");
        } else if (value === undefined || isSymbol(value))
          fail(value ?? "", before === "(" ? "',', ')' or identifier" : "',', or identifier");
        else {
          values.push(value);
          if (after !== "," && after !== ")") fail(after ?? "", "',' or ')'");
        }
      }
      at++;
      requirements.push({ key, operator: operator === "in" ? "In" : "NotIn", values: [...new Set(values)].sort() });
    } else if (operator === "=" || operator === "==" || operator === "!=") {
      const next = tokens[at + 1];
      const value = next === undefined || next === "," ? "" : next;
      at += value === "" && (next === undefined || next === ",") ? 1 : 2;
      if (isSymbol(value)) fail(value, "identifier");
      requirements.push({ key, operator: operator === "!=" ? "NotEquals" : operator === "=" ? "Equals" : "Equals", values: [value] });
    } else if (operator === ">" || operator === "<") {
      const value = tokens[at + 1] ?? "";
      if (!isInteger(value))
        throw new SelectorError(
          `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      at += 2;
      requirements.push({ key, operator: operator === ">" ? "Gt" : "Lt", values: [value] });
    } else fail(operator!, "in, notin, =, ==, !=, gt, lt");
    for (const value of requirements.at(-1)!.values) validateValue(key, value);
    if (at < tokens.length) {
      if (tokens[at] !== ",") failBetween(tokens[at]!, "',' or 'end of string'");
      const next = tokens[++at] ?? "";
      if (next !== "!" && (next === "" || isSymbol(next))) failBetween(next, "identifier after ','");
    }
  }
  return { requirements: requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
}

function tokenize(text: string): string[] {
  return text.match(/!=|==|=|[!,()<>]|[^\s!=,()<>]+/g) ?? [];
}

const isSymbol = (token: string) => /^(?:!=|==|=|[!,()<>])$/.test(token);

function validateKey(key: string): void {
  const why = checkLabelKey(key);
  if (why.length > 0)
    throw new SelectorError(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: ${why.join("; ")}`);
}

function validateValue(key: string, value: string): void {
  const why = checkLabelValue(value);
  if (why.length > 0)
    throw new SelectorError(`unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${why.join("; ")}`);
}

/** The written form of a selector object, as status.selector of a scale carries it. */
export function formatSelector(selector: Selector): string {
  return selector.requirements
    .map(({ key, operator, values }) => {
      switch (operator) {
        case "In":
          return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.toSorted().join(",")})`;
        case "Equals":
          return `${key}=${values[0]}`;
        case "NotEquals":
          return `${key}!=${values[0]}`;
        case "NotIn":
          return `${key} notin (${values.toSorted().join(",")})`;
        case "Exists":
          return key;
        case "DoesNotExist":
          return `!${key}`;
        case "Gt":
          return `${key}>${values[0]}`;
        case "Lt":
          return `${key}<${values[0]}`;
      }
    })
    .join(",");
}

export interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

/** `metadata.name=x,status.phase!=Running`; `\,` `\=` and `\\` are escapes. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const out: FieldRequirement[] = [];
  for (const term of splitUnescaped(text)) {
    if (term === "") continue;
    const match = /^([^!=]*)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    out.push({ field: match[1]!, equal: match[2] !== "!=", value: unescapeValue(match[3]!, text) });
  }
  return out;
}

function splitUnescaped(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  out.push(text.slice(start));
  return out;
}

function unescapeValue(value: string, whole: string): string {
  return value.replace(/\\(.?)/g, (_, char: string) => {
    if (char === "\\" || char === "," || char === "=") return char;
    throw new SelectorError(`invalid field selector: invalid escape sequence: \\${char}`);
  });
}
