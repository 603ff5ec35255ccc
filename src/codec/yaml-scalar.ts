/** What a plain YAML scalar means to upstream's reader; the writer asks it when a string needs quotes. */

const words = new Map<string, unknown>();
for (const word of ["y", "yes", "true", "on"]) for (const form of forms(word)) words.set(form, true);
for (const word of ["n", "no", "false", "off"]) for (const form of forms(word)) words.set(form, false);
for (const word of ["", "~", "null", "Null", "NULL"]) words.set(word, null);
for (const word of [".nan", ".NaN", ".NAN"]) words.set(word, Number.NaN);
for (const word of [".inf", ".Inf", ".INF"]) {
  words.set(word, Number.POSITIVE_INFINITY);
  words.set(`+${word}`, Number.POSITIVE_INFINITY);
  words.set(`-${word}`, Number.NEGATIVE_INFINITY);
}

/** Booleans of YAML 1.1 only. */
const oldBooleans = /^(?:[yn]|yes|no|on|off)$/i;

/** What a scalar can be, by its first character; all others begin strings. */
const beginnings = new Map<number, "word" | "digit" | "sign">();
for (const character of "yYnNtTfFoO~") beginnings.set(character.charCodeAt(0), "word");
for (const character of "0123456789") beginnings.set(character.charCodeAt(0), "digit");
for (const character of "+-.") beginnings.set(character.charCodeAt(0), "sign");

/** The value of an unquoted scalar, `plainly` as YAML 1.2 has it: boolean, null, number (bigint where a double would lose digits) or the text itself. */
export function resolvePlain(text: string, plainly = false): unknown {
  const kind = text === "" ? "word" : beginnings.get(text.charCodeAt(0));
  if (kind === undefined) return text;
  if (kind === "digit" && text.length < 16 && /^[1-9]\d*$/.test(text)) return Number(text);
  if (words.has(text)) return plainly && oldBooleans.test(text) ? text : words.get(text);
  if (kind === "word") return text;
  if (text[0] === ".") return float(text);
  return integer(text.replaceAll("_", ""), text) ?? float(text.replaceAll("_", ""), text);
}

/** True when the text, written without quotes, would be read as something other than a string. */
export function needsQuotes(text: string): boolean {
  return words.has(text) || typeof resolvePlain(text) !== "string" || isTimestamp(text) || base60.test(text);
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const intForm = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const largestInt64 = 9223372036854775807n;
/** Longer numbers fit in no 64 bits in any base; to make a bigint of a megabyte of digits is slow. */
const mostDigits = 64;

function integer(plain: string, original: string): number | bigint | undefined {
  if (isTimestamp(original)) return undefined;
  const match = intForm.exec(plain);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = (hex ?? binary ?? octal ?? decimal)!.replace(/^0+(?=.)/, "");
  if (digits.length > mostDigits) return undefined;
  const base = hex !== undefined ? "0x" : binary !== undefined ? "0b" : octal !== undefined ? "0o" : "";
  const value = BigInt(base + digits) * (sign === "-" ? -1n : 1n);
  if (value > (sign === "+" ? largestInt64 : 18446744073709551615n) || value < -9223372036854775808n) return undefined;
  const number = Number(value);
  // What needs all 64 bits without a sign ends as a float upstream too.
  return Number.isSafeInteger(number) || value > largestInt64 ? number : value;
}

function float(plain: string, original = plain): number | string {
  if (!floatForm.test(plain) || isTimestamp(original)) return original;
  return Number.isFinite(Number(plain)) ? Number(plain) : original;
}

/** A scalar that is not what its tag says. */
export class ScalarError extends Error {
  override name = "ScalarError";
}

const tagPrefix = "tag:yaml.org,2002:";

/** The value of a scalar with a tag of its own. Tags that nobody knows make strings. Throws ScalarError. */
export function resolveTagged(tag: string, text: string): unknown {
  const short = tag.startsWith(tagPrefix) ? tag.slice(tagPrefix.length) : "";
  if (short === "binary") return fromBase64(text);
  if (!["bool", "int", "float", "null", "timestamp"].includes(short)) return text;
  const value = resolvePlain(text);
  const found =
    value === null
      ? "null"
      : typeof value === "boolean"
        ? "bool"
        : typeof value === "string"
          ? isTimestamp(text)
            ? "timestamp"
            : "str"
          : intForm.test(text.replaceAll("_", ""))
            ? "int"
            : "float";
  if (found === short || (short === "float" && found === "int")) return value;
  throw new ScalarError(`cannot decode !!${found} \`${text}\` as a !!${short}`);
}

function fromBase64(text: string): string {
  const joined = text.replaceAll(/[\r\n]/g, "");
  if (joined.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(joined))
    throw new ScalarError("!!binary value contains invalid base64 data");
  return Buffer.from(joined, "base64").toString("utf8");
}

/** Dates stay strings in both directions, but the writer quotes them. */
function isTimestamp(text: string): boolean {
  if (text[4] !== "-") return false;
  const match =
    /^\d{4}-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?)?$/.exec(
      text,
    );
  if (!match) return false;
  const [, month, day, h1, m1, s1, h2, m2, s2] = match.map(Number) as number[];
  const limit = (value: number, most: number) => Number.isNaN(value) || value <= most;
  const year = Number(text.slice(0, 4));
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return false;
  return limit(h1, 23) && limit(m1, 59) && limit(s1, 59) && limit(h2, 23) && limit(m2, 59) && limit(s2, 59);
}

function forms(word: string): string[] {
  return [word, word[0].toUpperCase() + word.slice(1), word.toUpperCase()];
}
