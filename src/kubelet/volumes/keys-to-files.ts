/** The keys of a ConfigMap or Secret as files: all of them, or those that `items` choose. Pure. */
import type { FileToWrite } from "./plugin.ts";
import type { Data } from "./sources.ts";

export interface KeysWanted {
  kind: "configmap" | "secret";
  name: string;
  data: Data;
  items: readonly { key?: string; path?: string; mode?: number }[] | undefined;
  mode: number;
  optional: boolean | undefined;
}

export function keysToFiles({ kind, name, data, items, mode, optional }: KeysWanted): [string, FileToWrite][] {
  if (!data && !optional) throw new Error(`${kind} "${name}" not found`);
  const have = data ?? {};
  if (!items?.length) return Object.entries(have).map(([key, content]) => [key, { content, mode }]);
  return items.flatMap(({ key = "", path = "", mode: own }) => {
    const content = Object.hasOwn(have, key) ? have[key] : undefined;
    if (content) return [[path, { content, mode: own ?? mode }] as [string, FileToWrite]];
    if (optional) return [];
    // Upstream says it with two different sentences.
    throw new Error(
      kind === "secret" ? `references non-existent secret key: ${key}` : `configmap references non-existent config key: ${key}`,
    );
  });
}
