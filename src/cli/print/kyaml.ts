/** KYAML: the flow-style subset of YAML that needs no care about indentation. */
import { goJson } from "#codec/go-json.ts";
import { needsQuotes } from "#codec/yaml-scalar.ts";

export function writeKyaml(value: unknown, pad = ""): string {
  const inner = `${pad}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    if (value.every((item) => typeof item === "object" && item !== null)) {
      return `[${value.map((item) => writeKyaml(item, pad)).join(", ")}]`;
    }
    return `[\n${value.map((item) => `${inner}${writeKyaml(item, inner)},\n`).join("")}${pad}]`;
  }
  if (typeof value === "object" && value !== null) {
    const map = value as Record<string, unknown>;
    const keys = Object.keys(map)
      .filter((key) => map[key] !== undefined)
      .sort();
    if (keys.length === 0) return "{}";
    return `{\n${keys.map((key) => `${inner}${keyText(key)}: ${writeKyaml(map[key], inner)},\n`).join("")}${pad}}`;
  }
  return goJson(value, "", { escapeHtml: false });
}

function keyText(key: string): string {
  return /^[A-Za-z_][\w./-]*$/.test(key) && !needsQuotes(key) ? key : goJson(key, "", { escapeHtml: false });
}
