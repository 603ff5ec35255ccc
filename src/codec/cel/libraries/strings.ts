/** cel-go's extension of strings, second version: positions are characters. */
import { declare, member, overload } from "../declare.ts";
import { dynType, intType, listOf, stringType } from "../types.ts";
import { Fault, type ListValue, stringSize } from "../value.ts";
import { formatString } from "./format-string.ts";

/** Characters of a text; of plain text its own units, without a copy. */
class Characters {
  readonly length: number;
  readonly #text: string;
  readonly #points: readonly string[] | undefined;
  constructor(text: string) {
    this.#text = text;
    this.length = stringSize(text);
    this.#points = this.length === text.length ? undefined : [...text];
  }
  slice(from: number, to?: number): string {
    return this.#points ? this.#points.slice(from, to).join("") : this.#text.slice(from, to);
  }
  /** From characters to units of the text. */
  unit(at: number): number {
    return this.#points ? this.slice(0, at).length : at;
  }
}

const outOfRange = (index: number | bigint) => new Fault(`index out of range: ${index}`);

function charAt(text: string, index: number): string {
  const characters = new Characters(text);
  if (index < 0 || index > characters.length) throw outOfRange(index);
  return characters.slice(index, index + 1);
}

function indexOf(text: string, part: string, from = 0): number {
  if (part === "") return from;
  if (from < 0) throw outOfRange(from);
  const characters = new Characters(text);
  if (from >= characters.length) return -1;
  const found = text.indexOf(part, characters.unit(from));
  return found < 0 ? -1 : stringSize(text.slice(0, found));
}

function lastIndexOf(text: string, part: string, from?: number): number {
  const characters = new Characters(text);
  if (part === "") return from ?? characters.length;
  if (from !== undefined && from < 0) throw outOfRange(from);
  if (from !== undefined && from >= characters.length) return -1;
  const found = text.lastIndexOf(part, from === undefined ? undefined : characters.unit(from));
  return found < 0 ? -1 : stringSize(text.slice(0, found));
}

function substring(text: string, from: number, to?: number): string {
  const characters = new Characters(text);
  if (to !== undefined && from > to) throw new Fault(`invalid substring range. start: ${from}, end: ${to}`);
  for (const each of [from, to ?? from]) if (each < 0 || each > characters.length) throw outOfRange(each);
  return characters.slice(from, to);
}

/** The first `count`; all when it is negative. No text at all is found before each character and at the end. */
function replace(text: string, old: string, by: string, count = -1): string {
  if (count === 0 || old === by) return text;
  const parts = old === "" ? ["", ...text] : text.split(old);
  if (old === "") parts.push("");
  const replaced = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  return parts.slice(0, replaced + 1).join(by) + (replaced < parts.length - 1 ? old : "") + parts.slice(replaced + 1).join(old);
}

function split(text: string, separator: string, limit = -1): string[] {
  if (limit === 0) return [];
  const parts = separator === "" ? [...text] : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function join(list: ListValue, separator = ""): string {
  const parts: string[] = [];
  for (const each of list) {
    if (typeof each !== "string") throw new Fault(`join: invalid input: ${String(each)}`);
    parts.push(each);
  }
  return parts.join(separator);
}

/** Unicode's blanks, as Go trims them. */
const blanks =
  /^[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

const escapes: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};
const quote = (text: string) => `"${text.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, (each) => escapes[each]!)}"`;

const [S, I] = [stringType, intType];
const strings = listOf(S);
export const stringLibrary = [
  declare("charAt", member("string_char_at_int", [S, I], S, charAt)),
  declare("indexOf", member("string_index_of_string", [S, S], I, indexOf), member("string_index_of_string_int", [S, S, I], I, indexOf)),
  declare(
    "lastIndexOf",
    member("string_last_index_of_string", [S, S], I, lastIndexOf),
    member("string_last_index_of_string_int", [S, S, I], I, lastIndexOf),
  ),
  declare(
    "lowerAscii",
    member("string_lower_ascii", [S], S, (text: string) => text.replace(/[A-Z]+/g, (each) => each.toLowerCase())),
  ),
  declare(
    "upperAscii",
    member("string_upper_ascii", [S], S, (text: string) => text.replace(/[a-z]+/g, (each) => each.toUpperCase())),
  ),
  declare(
    "replace",
    member("string_replace_string_string", [S, S, S], S, replace),
    member("string_replace_string_string_int", [S, S, S, I], S, replace),
  ),
  declare("split", member("string_split_string", [S, S], strings, split), member("string_split_string_int", [S, S, I], strings, split)),
  declare("substring", member("string_substring_int", [S, I], S, substring), member("string_substring_int_int", [S, I, I], S, substring)),
  declare(
    "trim",
    member("string_trim", [S], S, (text: string) => text.replace(blanks, "")),
  ),
  declare("join", member("list_join", [strings], S, join), member("list_join_string", [strings, S], S, join)),
  declare("format", member("string_format", [S, listOf(dynType)], S, formatString)),
  declare("strings.quote", overload("strings_quote", [S], S, quote)),
];
