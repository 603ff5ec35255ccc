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

/** Whether a variable may be called that. */
export const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reservedWords.has(name);
