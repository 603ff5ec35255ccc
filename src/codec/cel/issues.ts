/** What is wrong with an expression, in cel-go's form: place, message, the line, and a caret below it. */

export interface Issue {
  message: string;
  /** UTF-16 units from the start; undefined for what is wrong with the whole. */
  at: number | undefined;
}

/** Lines longer than this are not shown. */
const longestSnippet = 16384;

export function formatIssues(source: string, issues: readonly Issue[]): string {
  const inOrder = issues.toSorted((a, b) => (a.at ?? -1) - (b.at ?? -1));
  return inOrder.map((issue) => formatIssue(source, issue)).join("\n");
}

function formatIssue(source: string, { message, at }: Issue): string {
  if (at === undefined) return `ERROR: <input>:-1:0: ${message}`;
  // Nothing has no first place.
  if (source === "") return `ERROR: <input>:1:0: ${message}`;
  const before = source.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  const lead = [...before.slice(lineStart)];
  const end = source.indexOf("\n", lineStart);
  const snippet = source.slice(lineStart, end < 0 ? source.length : end).replaceAll("\t", " ");
  const head = `ERROR: <input>:${line}:${lead.length + 1}: ${message}`;
  if (Buffer.byteLength(snippet) > longestSnippet) return head;
  const next = [...snippet.slice(at - lineStart)][0] ?? "";
  return `${head}\n | ${snippet}\n | ${lead.map((each) => (wide(each) ? "．" : ".")).join("")}${wide(next) ? "＾" : "^"}`;
}

const wide = (character: string) => character > "\x7f";
