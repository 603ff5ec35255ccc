/** Patterns of users, in linear time, and the groups that they fill into a text. */
import { RE2JS, RE2JSException } from "re2js";
import type { Directive } from "../corefile/parse.ts";
import { refuse } from "./plugin.ts";

const mostLength = 10_000;

export function patternOf(line: Directive, text: string): RE2JS {
  if (text.length > mostLength) refuse(line, `regex pattern too long: ${text.length} > ${mostLength}`);
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (error instanceof RE2JSException) return refuse(line, `invalid regex matching pattern: ${text}`);
    throw error;
  }
}

/** A pattern for a text with `{1}` in it. */
export function patternFor(line: Directive, text: string, replacement: string): RE2JS {
  const pattern = patternOf(line, text);
  const used = new Set([...replacement.matchAll(/\{(\d{1,3})\}/g)].map((match) => match[1]));
  if (used.size > pattern.groupCount())
    refuse(
      line,
      `the rewrite regex pattern (${replacement}) uses more subexpressions than its corresponding matching regex pattern (${text})`,
    );
  return pattern;
}

/** The first match with its groups; undefined: it does not match. */
export function groupsOf(pattern: RE2JS, text: string): string[] | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return undefined;
  return Array.from({ length: pattern.groupCount() + 1 }, (_, at) => matcher.group(at) ?? "");
}

export const filled = (replacement: string, groups: readonly string[]): string =>
  replacement.replaceAll(/\{(\d{1,3})\}/g, (whole, at) => groups[Number(at)] ?? whole);
