/** One OpenAPI v2 document of several: the paths of other servers' groups, with the definitions that they need. Pure. */

type Json = Record<string, unknown>;
interface Document extends Json {
  paths?: Json;
  definitions?: Json;
}

/** `prefix`: `/apis/metrics.k8s.io/v1beta1`; paths elsewhere in the document are not its server's to say. */
export function mergedV2(own: Json, others: readonly { prefix: string; document: Json }[]): Json {
  const { paths = {}, definitions = {} } = own as Document;
  const merged = { ...own, paths: { ...paths }, definitions: { ...definitions } };
  for (const { prefix, document } of others) {
    const theirs = document as Document;
    const wanted = Object.entries(theirs.paths ?? {}).filter(([path]) => path === prefix || path.startsWith(`${prefix}/`));
    const needed = reachable(Object.fromEntries(wanted), theirs.definitions ?? {});
    const names = new Map([...needed].map((name) => [name, freeName(name, theirs.definitions![name], merged.definitions)]));
    for (const [path, value] of wanted) merged.paths[path] = renamed(value, names);
    for (const [name, as] of names) merged.definitions[as] ??= renamed(theirs.definitions![name], names);
  }
  return merged;
}

const refPrefix = "#/definitions/";

function reachable(from: Json, definitions: Json): Set<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return void value.forEach(walk);
    if (typeof value !== "object" || value === null) return;
    const { $ref } = value as { $ref?: unknown };
    const name = typeof $ref === "string" && $ref.startsWith(refPrefix) ? $ref.slice(refPrefix.length) : undefined;
    if (name !== undefined && name in definitions && !found.has(name)) {
      found.add(name);
      walk(definitions[name]);
    }
    Object.values(value).forEach(walk);
  };
  walk(from);
  return found;
}

/** The same name for the same definition; another one for another. */
function freeName(name: string, definition: unknown, taken: Json): string {
  const text = JSON.stringify(definition);
  for (let number = 1; ; number++) {
    const as = number === 1 ? name : `${name}_v${number}`;
    if (!(as in taken) || JSON.stringify(taken[as]) === text) return as;
  }
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (key !== "$ref" || typeof each !== "string" || !each.startsWith(refPrefix)) return [key, renamed(each, names)];
      const name = each.slice(refPrefix.length);
      return [key, refPrefix + (names.get(name) ?? name)];
    }),
  );
}
