/**
 * The plain YAML that kubeconfig files are, read without the whole reader: kubectl starts often. What it reads, it reads as
 * yaml.ts does (plain-yaml.test.ts holds them together); whatever else stands in the text, it leaves to that.
 */

/** The value, or undefined when the text uses anything beyond indented maps, lists and simple scalars, or plain JSON. */
export function parsePlainYaml(text: string): unknown {
  if (text.startsWith("{")) return plainJson(text);
  const lines: Line[] = [];
  let begun = false;
  for (const raw of text.split("\n")) {
    if (raw.trim() === "" || raw.trimStart().startsWith("#")) continue;
    if (raw.startsWith("---")) {
      if (raw !== "---" || begun) return undefined;
      begun = true;
      continue;
    }
    begun = true;
    if (raw.includes("\t")) return undefined;
    const body = raw.trimStart();
    lines.push({ indent: raw.length - body.length, body: body.trimEnd() });
  }
  try {
    const reader = { lines, at: 0 };
    const value = block(reader, 0);
    return reader.at === lines.length ? value : undefined;
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}

/** JSON in the layout of a program, without escapes. What is lost in reading (numbers, a name that came twice) is not written again. */
function plainJson(text: string): unknown {
  if (!/^[\n -[\]-~]*$/.test(text) || text.includes("__proto__")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text, (_, each) => (typeof each === "number" ? undefined : each));
  } catch {
    return undefined;
  }
  return [0, 2, 4].some((indent) => JSON.stringify(value, null, indent) === text.trimEnd()) ? value : undefined;
}

interface Line {
  indent: number;
  body: string;
}
interface Reader {
  lines: Line[];
  at: number;
}

const notPlain = new Error("not plain");
/** Words that YAML 1.1 reads as something else than themselves. */
const notText = /^(y|n|yes|no|on|off|null|true|false)$/i;

function block(reader: Reader, indent: number): unknown {
  const line = reader.lines[reader.at];
  if (!line || line.indent < indent) return null;
  return line.body.startsWith("- ") || line.body === "-" ? sequence(reader, line.indent) : mapping(reader, line.indent);
}

function sequence(reader: Reader, indent: number): unknown[] {
  const items: unknown[] = [];
  for (;;) {
    const line = reader.lines[reader.at];
    if (!line || line.indent !== indent || !(line.body.startsWith("- ") || line.body === "-")) return items;
    const inner = line.body.slice(1).trimStart();
    if (inner === "") {
      reader.at++;
      items.push(block(reader, indent + 1));
    } else if (pairOf(inner)) {
      reader.lines[reader.at] = { indent: indent + (line.body.length - inner.length), body: inner };
      items.push(mapping(reader, reader.lines[reader.at].indent));
    } else {
      reader.at++;
      items.push(scalar(inner));
    }
  }
}

function mapping(reader: Reader, indent: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (;;) {
    const line = reader.lines[reader.at];
    if (!line || line.indent < indent) return result;
    if (line.indent > indent) throw notPlain;
    if (line.body.startsWith("- ") || line.body === "-") return result;
    const pair = pairOf(line.body);
    if (!pair || pair[0] in result || pair[0] === "__proto__" || notText.test(pair[0])) throw notPlain;
    reader.at++;
    const [key, rest] = pair;
    if (rest !== "") {
      result[key] = scalar(rest);
      continue;
    }
    const next = reader.lines[reader.at];
    const list = next !== undefined && next.indent === indent && (next.body.startsWith("- ") || next.body === "-");
    result[key] = list ? sequence(reader, indent) : block(reader, indent + 1);
  }
}

function pairOf(body: string): [string, string] | undefined {
  const match = /^([A-Za-z_./][\w./-]*):(?: +(.*))?$/.exec(body);
  return match ? [match[1], match[2] ?? ""] : undefined;
}

function scalar(text: string): unknown {
  if (text === "{}") return {};
  if (text === "[]") return [];
  if (text === "true") return true;
  if (text === "false") return false;
  if (/^"[^"\\]*"$/.test(text)) return text.slice(1, -1);
  if (/^'[^']*'$/.test(text)) return text.slice(1, -1);
  if (/^[A-Za-z/][\w./:@+=-]*$/.test(text) && !text.endsWith(":") && !notText.test(text)) return text;
  throw notPlain;
}
