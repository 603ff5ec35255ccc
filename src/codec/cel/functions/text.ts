/** The standard functions of strings, and regular expressions, which RE2 runs: no pattern takes more than linear time. */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { declare, member, overload } from "../declare.ts";
import { boolType, stringType } from "../types.ts";
import { Fault } from "../value.ts";

/** A compiled pattern. Throws RE2's own error, in Go's words, by `patternError`. */
export function compilePattern(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

/** What Go says of a pattern that is none. */
export function patternError(error: unknown): string {
  const { message } = error as Error;
  return message.startsWith("error parsing regexp") ? message : `error parsing regexp: ${message}`;
}

/** Patterns that values bring are compiled again and again: the last few are kept. */
const mostKept = 64;
const kept = new Map<string, RE2JS>();

export function patternOf(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known) return known;
  let compiled: RE2JS;
  try {
    compiled = compilePattern(pattern);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException || error instanceof Error) throw new Fault(patternError(error));
    throw error;
  }
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(pattern, compiled);
  return compiled;
}

const matches = (text: string, pattern: string) => patternOf(pattern).matcher(text).find();

const withPattern = (pattern: RE2JS) => (text: string) => pattern.matcher(text).find();

const two = [stringType, stringType];
export const text = [
  declare(
    "contains",
    member("contains_string", two, boolType, (text: string, part: string) => text.includes(part)),
  ),
  declare(
    "endsWith",
    member("ends_with_string", two, boolType, (text: string, part: string) => text.endsWith(part)),
  ),
  declare(
    "startsWith",
    member("starts_with_string", two, boolType, (text: string, part: string) => text.startsWith(part)),
  ),
  declare(
    "matches",
    { ...overload("matches", two, boolType, matches), withPattern },
    { ...member("matches_string", two, boolType, matches), withPattern },
  ),
];
