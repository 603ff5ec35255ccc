/** A Corefile's text as tokens: words by white space, in double quotes when they hold some; `#` ends a line. */

export interface Token {
  text: string;
  file: string;
  line: number;
  /** A word in quotes is no brace. */
  quoted: boolean;
}

/** What is wrong with a Corefile, and where. */
export class CorefileError extends Error {
  override name = "CorefileError";

  constructor({ file, line }: Pick<Token, "file" | "line">, message: string) {
    super(`${file}:${line} - Error during parsing: ${message}`);
  }
}

const mostBytes = 1024 * 1024;

export function tokensOf(file: string, source: string): Token[] {
  if (source.length > mostBytes) throw new CorefileError({ file, line: 1 }, `more than ${mostBytes} bytes`);
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const tokens: Token[] = [];
  const words = /[^\s#]+/y;
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const sign = text[at]!;
    if (sign === "\n") line++;
    if (/\s/.test(sign)) at++;
    else if (sign === "#") at = endOfLine(text, at);
    else if (sign === '"') {
      const { word, end } = quoted(text, at + 1, { file, line });
      tokens.push({ text: word, file, line, quoted: true });
      line += text.slice(at, end).split("\n").length - 1;
      at = end;
    } else {
      words.lastIndex = at;
      const end = at + words.exec(text)![0].length;
      tokens.push({ text: text.slice(at, end), file, line, quoted: false });
      at = end;
    }
  }
  for (const token of tokens)
    if (/\{\$[^{}]+\}|\{%[^{}]+%\}/.test(token.text))
      throw new CorefileError(token, `'${token.text}': environment variables are not put into a Corefile here`);
  return tokens;
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
};

/** Only a quote is escaped by a backslash: those of patterns stay. */
function quoted(text: string, from: number, where: Pick<Token, "file" | "line">): { word: string; end: number } {
  let word = "";
  for (let at = from; at < text.length; at++) {
    const sign = text[at]!;
    if (sign === '"') return { word, end: at + 1 };
    if (sign === "\\" && at + 1 < text.length) {
      at++;
      word += text[at] === '"' ? '"' : `\\${text[at]}`;
    } else word += sign;
  }
  throw new CorefileError(where, "a quote that is not closed");
}
