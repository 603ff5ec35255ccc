/** Folders that every node has, and that each node of a shared machine has of its own. */
import { join, normalize } from "node:path";

/** What a path of the node, as pods name it (`hostPath`), is on this machine; `places`: as pods name it → where it is. */
export function onMachine(path: string, places: Readonly<Record<string, string>>): string {
  const plain = normalize(path);
  for (const [usual, actual] of Object.entries(places))
    if (plain === usual || plain.startsWith(`${usual}/`)) return join(actual, plain.slice(usual.length));
  return path;
}
