/**
 * Variables from files in a volume, in the narrow form that Kubernetes reads: `NAME='value'`, one after the other, values always
 * in single quotes and taken as they are, over lines too. Pure.
 */

/** The variable's value; empty when the file does not set it. Throws with the line where the file is malformed before that. */
export function variableOf(text: string, wanted: string): string {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.replace(/^[ \t]+/, "");
    if (line === "" || line.startsWith("#")) continue;
    const malformed = (why: string, where = `at line ${at + 1}`) => new Error(`invalid environment variable format ${where}: ${why}`);
    const equals = line.indexOf("=");
    if (equals < 0) throw malformed("missing '='");
    const name = line.slice(0, equals);
    if (name.trim() === "") throw malformed("empty variable name");
    if (/[ \t]$/.test(name)) throw malformed("whitespace before '=' is not allowed");
    const rest = line.slice(equals + 1);
    // As a shell does: a blank after the sign means that nothing is assigned.
    if (/^[ \t]/.test(rest)) {
      if (name === wanted) return "";
      continue;
    }
    if (!rest.startsWith("'")) throw malformed("value must be enclosed in single quotes");
    const begun = at + 1;
    let value = rest.slice(1);
    for (; !value.includes("'", value.lastIndexOf("\n") + 1); value += `\n${lines[++at]}`)
      if (at + 1 >= lines.length) throw malformed("unclosed single quote", `starting at line ${begun}`);
    const end = value.indexOf("'", value.lastIndexOf("\n") + 1);
    if (!/^[ \t]*(#.*)?$/.test(value.slice(end + 1))) throw malformed("unexpected content after closing quote");
    if (name === wanted) return value.slice(0, end);
  }
  return "";
}
