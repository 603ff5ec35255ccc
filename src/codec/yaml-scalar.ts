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

/** The value of an unquoted scalar: boolean, null, number (bigint where a double would lose digits) or the text itself. */
export function resolvePlain(text: string): unknown {
  if (words.has(text)) return words.get(text);
  const first = text[0];
  if (first === ".") return float(text);
  if (!/^[-+0-9]/.test(text)) return text;
  return integer(text.replaceAll("_", ""), text) ?? float(text.replaceAll("_", ""), text);
}

/** True when the text, written without quotes, would be read as something other than a string. */
export function needsQuotes(text: string): boolean {
  return words.has(text) || typeof resolvePlain(text) !== "string" || isTimestamp(text) || base60.test(text);
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const intForm = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

function integer(plain: string, original: string): number | bigint | undefined {
  if (isTimestamp(original)) return undefined;
  const match = intForm.exec(plain);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : octal !== undefined ? `0o${octal}` : decimal;
  const value = BigInt(digits as string) * (sign === "-" ? -1n : 1n);
  if (value > 18446744073709551615n || value < -9223372036854775808n) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function float(plain: string, original = plain): number | string {
  if (!floatForm.test(plain) || isTimestamp(original)) return original;
  return Number.isFinite(Number(plain)) ? Number(plain) : original;
}

/** Dates stay strings in both directions, but the writer quotes them. */
function isTimestamp(text: string): boolean {
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
