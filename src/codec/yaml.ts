/** Reads YAML as upstream's tools do (YAML 1.1 booleans, no sexagesimals, no timestamps) and writes it in their exact style. */
import { Composer } from "./yaml/composer.ts";
import { YamlError } from "./yaml/cursor.ts";

export { YamlError } from "./yaml/cursor.ts";
export { writeYaml } from "./yaml-writer.ts";

export interface YamlDocument {
  /** Integers beyond 2^53 are bigints. */
  value: unknown;
  /** Line of the document's first line in the whole text, from 1. */
  line: number;
  /** Keys that occur twice in one mapping, in upstream's words (`line 4: key "a" already set in map`); the last one counts. */
  duplicates: string[];
}

export interface YamlOptions {
  /** Only true and false are booleans, and keys are texts: YAML 1.2, as kustomize reads resources. */
  plainly?: boolean;
}

/** Every non-empty document of `text`. Throws YamlError at the first broken one. */
export function parseYaml(text: string, options: YamlOptions = {}): { documents: YamlDocument[] } {
  const documents: YamlDocument[] = [];
  for (const chunk of splitDocuments(text)) {
    const parsed = readDocument(chunk.text, chunk.line, options);
    if (parsed) documents.push(parsed);
  }
  return { documents };
}

/**
 * The value of the first document, and what is said about its keys: all that upstream reads of a text that is one object, such
 * as a request's body. What stands behind `...` or a second `---` is not looked at.
 */
export function readYaml(text: string): { value: unknown; duplicates: string[] } {
  const composer = new Composer(text);
  composer.advance(Number.POSITIVE_INFINITY);
  return { value: composer.value ?? null, duplicates: composer.duplicates };
}

/** Some tens of kilobytes of plain YAML, a few milliseconds. */
const eventsOfOneTurn = 5000;

/** As `readYaml`; large texts are read in turns, between which `turn` lets others work. */
export async function readYamlInTurns(text: string, turn: () => Promise<void>): Promise<{ value: unknown; duplicates: string[] }> {
  const composer = new Composer(text);
  while (!composer.advance(eventsOfOneTurn)) await turn();
  return { value: composer.value ?? null, duplicates: composer.duplicates };
}

/** Upstream cuts the stream at every line that begins with `---`, wherever it stands, before it parses anything. */
export function splitDocuments(text: string): { text: string; line: number }[] {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const chunks: { text: string; line: number }[] = [];
  let start = 0;
  let startLine = 1;
  let line = 0;
  const push = (end: number) => {
    if (end > start && /\S/.test(source.slice(start, end))) chunks.push({ text: source.slice(start, end), line: startLine });
  };
  for (let at = 0; at < source.length; ) {
    const newline = source.indexOf("\n", at);
    const next = newline < 0 ? source.length : newline + 1;
    line++;
    if (source.startsWith("---", at)) {
      const rest = source.slice(at + 3, next).trim();
      if (rest !== "" && rest[0] !== "#")
        throw new YamlError(`invalid Yaml document separator: ${rest}`, {
          line,
          column: 4,
        });
      push(at);
      start = next;
      startLine = line + 1;
    }
    at = next;
  }
  push(source.length);
  return chunks;
}

function readDocument(text: string, line: number, options: YamlOptions): YamlDocument | undefined {
  try {
    const composer = new Composer(text, options);
    composer.advance(Number.POSITIVE_INFINITY);
    return composer.found ? { value: composer.value, line, duplicates: composer.duplicates } : undefined;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new YamlError(error.message, { line: error.line + line - 1, column: error.column });
  }
}
