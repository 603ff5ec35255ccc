/** JSON text as Go's encoder prints it: object keys in byte order, `<`, `>`, `&` and line separators escaped. */

/** Compact without `indent`, otherwise one member a line. `keepOrder`: keys stay as they stand. */
export function goJson(value: unknown, indent = "", options: { escapeHtml?: boolean; keepOrder?: boolean } = {}): string {
  const escapeHtml = options.escapeHtml ?? true;
  const text = (item: string) => {
    const plain = JSON.stringify(item).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    return escapeHtml ? plain.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026") : plain;
  };
  const write = (item: unknown, pad: string): string => {
    if (item === null || item === undefined) return "null";
    if (typeof item === "string") return text(item);
    if (typeof item === "number") return goNumber(item);
    if (typeof item !== "object") return String(item);
    const inner = pad + indent;
    const [open, close, gap] = indent === "" ? ["", "", ""] : [`\n${inner}`, `\n${pad}`, `\n${inner}`];
    if (Array.isArray(item)) {
      return item.length === 0 ? "[]" : `[${open}${item.map((entry) => write(entry, inner)).join(`,${gap}`)}${close}]`;
    }
    const object = item as Record<string, unknown>;
    const keys = Object.keys(object).filter((key) => object[key] !== undefined);
    if (keys.length === 0) return "{}";
    const colon = indent === "" ? ":" : ": ";
    if (!options.keepOrder) keys.sort(byteOrder);
    return `{${open}${keys.map((key) => `${text(key)}${colon}${write(object[key], inner)}`).join(`,${gap}`)}${close}}`;
  };
  return write(value, "");
}

function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Shortest digits as in JavaScript; only a small negative exponent has two digits. */
function goNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value).replace(/e-(\d)$/, "e-0$1");
}
