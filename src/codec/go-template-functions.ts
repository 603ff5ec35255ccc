/** The functions that templates may call: Go's built-ins and kubectl's two of its own. */

/** Throws an Error whose message follows `error calling NAME: `. */
export type TemplateFunction = (...values: unknown[]) => unknown;

export const templateFunctions: Record<string, TemplateFunction> = {
  and: (...values) => values.find((value) => !isTruth(value)) ?? values.at(-1),
  or: (...values) => values.find(isTruth) ?? values.at(-1),
  not: (value) => !isTruth(value),
  len: (value) => {
    if (typeof value === "string") return Buffer.byteLength(value);
    if (Array.isArray(value)) return value.length;
    if (isMap(value)) return Object.keys(value).length;
    if (value === null || value === undefined) throw new Error("len of nil pointer");
    throw new Error(`len of type ${typeName(value)}`);
  },
  index: (value, ...keys) => keys.reduce(indexOne, value),
  slice: (value, from = 0, to = undefined) => {
    if (typeof value !== "string" && !Array.isArray(value)) throw new Error(`can't slice item of type ${typeName(value)}`);
    const bounds = [from as number, (to ?? value.length) as number];
    for (const bound of bounds) if (bound < 0 || bound > value.length) throw new Error(`index out of range: ${bound}`);
    return value.slice(...bounds);
  },
  eq: (first, ...rest) => {
    if (rest.length === 0) throw new Error("missing argument for comparison");
    return rest.some((other) => equal(first, other));
  },
  ne: (a, b) => !equal(a, b),
  lt: (a, b) => order(a, b) < 0,
  le: (a, b) => order(a, b) <= 0,
  gt: (a, b) => order(a, b) > 0,
  ge: (a, b) => order(a, b) >= 0,
  print: (...values) =>
    values.reduce<string>(
      (text, value, i) => text + (i > 0 && typeof value !== "string" && typeof values[i - 1] !== "string" ? " " : "") + goPrint(value),
      "",
    ),
  println: (...values) => `${values.map((value) => goPrint(value)).join(" ")}\n`,
  printf: (format, ...values) => sprintf(String(format), values),
  html: (...values) =>
    escapeWith(values, {
      "&": "&amp;",
      "<": "&lt;",
      ">": "&gt;",
      '"': "&#34;",
      "'": "&#39;",
    }),
  js: (...values) =>
    JSON.stringify(values.map(goPrint).join(""))
      .slice(1, -1)
      .replaceAll("'", "\\'")
      .replaceAll("<", "\\u003C")
      .replaceAll(">", "\\u003E")
      .replaceAll("&", "\\u0026")
      .replaceAll("=", "\\u003D"),
  urlquery: (...values) => encodeURIComponent(values.map(goPrint).join("")).replaceAll("%20", "+"),
  exists: (value, ...keys) => {
    let current = value;
    for (const key of keys) {
      if (isMap(current) && typeof key === "string" && Object.hasOwn(current, key)) current = current[key];
      else if (Array.isArray(current) && typeof key === "number" && key >= 0 && key < current.length) current = current[key];
      else return false;
    }
    return true;
  },
  base64decode: (value) => {
    const text = String(value ?? "");
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
      throw new Error(`base64 decode failed: illegal base64 data at input byte ${/[^A-Za-z0-9+/=]/.exec(text)?.index ?? text.length}`);
    }
    return Buffer.from(text, "base64").toString("utf8");
  },
};

const exactly: Readonly<Record<string, number>> = { not: 1, len: 1, ne: 2, lt: 2, le: 2, gt: 2, ge: 2, base64decode: 1 };
const atLeast: Readonly<Record<string, number>> = { and: 1, or: 1, index: 1, slice: 1, eq: 1, printf: 1, exists: 1, call: 1 };

/** What is wrong with so many arguments of a function; undefined: nothing. */
export function wrongCount(name: string, count: number): string | undefined {
  const exact = exactly[name];
  if (exact !== undefined && count !== exact) return `wrong number of args for ${name}: want ${exact} got ${count}`;
  const least = atLeast[name];
  return least !== undefined && count < least ? `wrong number of args for ${name}: want at least ${least} got ${count}` : undefined;
}

export function isTruth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as Go's `%v` shows it; null and undefined are `<nil>`. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goPrint).join(" ")}]`;
  if (isMap(value)) {
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goPrint(value[key])}`)
      .join(" ")}]`;
  }
  if (typeof value === "number") return goFloat(value);
  return String(value);
}

function goFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) return value.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
  return String(value);
}

function escapeWith(values: unknown[], table: Record<string, string>): string {
  return values
    .map(goPrint)
    .join("")
    .replaceAll(/[&<>"']/g, (character) => table[character]);
}

function indexOne(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) throw new Error("index of untyped nil");
  if (Array.isArray(value) || typeof value === "string") {
    if (typeof key !== "number") throw new Error(`cannot index slice/array with type ${typeName(key)}`);
    if (key < 0 || key >= value.length) throw new Error(`index out of range: ${key}`);
    return typeof value === "string" ? Buffer.from(value)[key] : value[key];
  }
  if (!isMap(value)) throw new Error(`can't index item of type ${typeName(value)}`);
  if (typeof key !== "string") throw new Error(`value has type ${Number.isInteger(key) ? "int" : typeName(key)}; should be string`);
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function equal(a: unknown, b: unknown): boolean {
  const empty = (value: unknown) => value === null || value === undefined;
  if (empty(a) || empty(b)) return empty(a) && empty(b);
  if (typeof a === "object" || typeof b === "object") throw new Error("non-comparable type");
  if (typeof a !== typeof b) throw new Error("incompatible types for comparison");
  return a === b;
}

function order(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new Error("incompatible types for comparison");
  if (typeof a !== "number" && typeof a !== "string") throw new Error("invalid type for comparison");
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1;
}

function typeName(value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  if (value === null || value === undefined) return "nil";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

/** As wide as Go pads. */
const widest = 1_000_000;

/** Go's Sprintf for what JSON values can be. */
export function sprintf(format: string, values: unknown[]): string {
  let next = 0;
  const text = format.replaceAll(
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%])/g,
    (_whole, flags: string, wide: string | undefined, precise: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      const amount = (given: string | undefined) =>
        given === "*" ? Number(values[next++]) : given === undefined ? undefined : Number(given);
      const width = amount(wide);
      const precision = amount(precise);
      if (width !== undefined && !(Math.abs(width) <= widest)) return "%!(BADWIDTH)";
      if (precision !== undefined && !(precision >= 0 && precision <= 100)) return "%!(BADPREC)";
      if (next >= values.length) return `%!${verb}(MISSING)`;
      return pad(formatOne(verb, values[next++], { flags, precision }), flags, width ?? 0, verb);
    },
  );
  if (next >= values.length) return text;
  return `${text}%!(EXTRA ${values
    .slice(next)
    .map((value) => `${typeName(value)}=${goPrint(value)}`)
    .join(", ")})`;
}

function formatOne(verb: string, value: unknown, { flags, precision }: { flags: string; precision?: number }): string {
  const bad = () => `%!${verb}(${value === undefined || value === null ? "<nil>" : `${typeName(value)}=${goPrint(value)}`})`;
  const plus = (text: string) => (flags.includes("+") && !text.startsWith("-") ? `+${text}` : text);
  switch (verb) {
    case "v":
      return goPrint(value);
    case "s":
      return value === null || value === undefined
        ? "%!s(<nil>)"
        : typeof value === "number" || typeof value === "boolean"
          ? bad()
          : precision === undefined
            ? goPrint(value)
            : goPrint(value).slice(0, precision);
    case "q":
      return typeof value === "string" ? JSON.stringify(value) : bad();
    case "d":
      return typeof value === "number" && Number.isInteger(value) ? plus(String(value)) : bad();
    case "x":
    case "X": {
      const hex = typeof value === "string" ? Buffer.from(value).toString("hex") : typeof value === "number" ? value.toString(16) : bad();
      return verb === "X" ? hex.toUpperCase() : hex;
    }
    case "t":
      return typeof value === "boolean" ? String(value) : bad();
    case "f":
    case "F":
      return typeof value === "number" ? plus(value.toFixed(precision ?? 6)) : bad();
    case "e":
      return typeof value === "number" ? plus(value.toExponential(precision ?? 6).replace(/e([-+])(\d)$/, "e$10$2")) : bad();
    case "g":
      return typeof value === "number" ? plus(goFloat(precision === undefined ? value : Number(value.toPrecision(precision)))) : bad();
    case "c":
      return typeof value === "number" ? String.fromCodePoint(value) : bad();
    case "T":
      return typeName(value);
    default:
      return bad();
  }
}

function pad(text: string, flags: string, width: number, verb: string): string {
  const length = [...text].length;
  if (length >= width) return text;
  if (flags.includes("-")) return text + " ".repeat(width - length);
  if (flags.includes("0") && /[dfegx]/i.test(verb)) {
    const sign = /^[-+]/.test(text) ? text[0] : "";
    return sign + "0".repeat(width - length) + text.slice(sign.length);
  }
  return " ".repeat(width - length) + text;
}
