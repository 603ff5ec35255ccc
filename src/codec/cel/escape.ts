/** Words that are no names, and names of fields that CEL cannot spell: `a-b` is `a__dash__b`, `namespace` is `__namespace__`. */

export const reservedWords: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const spelled: Record<string, string> = { __: "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__" };

/** Undefined for a name that has no spelling. */
export function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return reservedWords.has(name) ? `__${name}__` : name.replace(/__|[-./]/g, (part) => spelled[part]!);
}

const plain = new Map(Object.entries(spelled).map(([text, name]) => [name, text]));

/** What `escapeName` was given; undefined for what it never makes. */
export function unescapeName(spelling: string): string | undefined {
  const word = /^__(.+)__$/.exec(spelling)?.[1];
  if (word !== undefined && reservedWords.has(word)) return word;
  const name = spelling.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => plain.get(part) ?? part);
  return escapeName(name) === spelling ? name : undefined;
}

/** Whether a variable may be called that. */
export const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reservedWords.has(name);
