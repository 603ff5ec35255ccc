/** `find` and `findAll`: what a regular expression matches. */
import type { RE2JS } from "re2js";
import { declare, member } from "../declare.ts";
import { patternOf } from "../functions/text.ts";
import { intType, listOf, stringType } from "../types.ts";
import { Fault } from "../value.ts";

function compiled(pattern: string): RE2JS {
  try {
    return patternOf(pattern);
  } catch (error) {
    throw error instanceof Fault ? new Fault(`Illegal regex: ${error.message}`) : error;
  }
}

function first(pattern: RE2JS, text: string): string {
  const matcher = pattern.matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

/** As many as `limit`; all when it is negative. */
function all(pattern: RE2JS, text: string, limit = -1): string[] {
  const found: string[] = [];
  const matcher = pattern.matcher(text);
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

const two = [stringType, stringType];
const strings = listOf(stringType);
export const patterns = [
  declare("find", {
    ...member("string_find_string", two, stringType, (text: string, pattern: string) => first(compiled(pattern), text)),
    withPattern: (pattern) => (text: string) => first(pattern, text),
  }),
  declare(
    "findAll",
    {
      ...member("string_find_all_string", two, strings, (text: string, pattern: string) => all(compiled(pattern), text)),
      withPattern: (pattern) => (text: string) => all(pattern, text),
    },
    {
      ...member("string_find_all_string_int", [...two, intType], strings, (text: string, pattern: string, limit: number) =>
        all(compiled(pattern), text, limit),
      ),
      withPattern: (pattern) => (text: string, _: string, limit: number) => all(pattern, text, limit),
    },
  ),
];
