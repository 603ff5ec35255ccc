/** A room imports only the rooms of its row in rooms.ts, and only through their door. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { allowed, rooms } from "../rooms.ts";
import type { House, Source } from "./house.ts";

export function walls({ root, sources }: House): string[] {
  const problems: string[] = [];
  for (const room of readdirSync(join(root, "src")))
    if (!rooms.some((known) => known.name === room)) problems.push(`src/${room}: no such room in scripts/rooms.ts`);
  for (const { name } of rooms)
    if (!existsSync(join(root, "src", name)))
      problems.push(`scripts/rooms.ts: the room ${name} does not exist: only what is there is drawn`);
  for (const source of sources)
    if (source.file.startsWith("src/")) for (const target of source.imports) problems.push(...wallBetween(source, target));
  return problems;
}

function wallBetween({ file }: Source, target: string): string[] {
  const room = file.split("/")[1];
  if (target.startsWith(".")) {
    const problems = [];
    if (!join(file, "..", target).startsWith(`src/${room}/`))
      problems.push(`${file}: imports ${target}: another room is entered by its door, "#<room>/mod.ts"`);
    if (!/\.(ts|json)$/.test(target)) problems.push(`${file}: imports ${target}: write the ending, .ts`);
    return problems;
  }
  const door = /^#([a-z]+)\/(.+)$/.exec(target);
  if (!door) return [];
  const [, other, path] = door;
  if (other === room) return [`${file}: imports ${target}: inside a room use a relative import`];
  if (!allowed(room).has(other)) return [`${file}: ${room} may not import ${other} (scripts/rooms.ts)`];
  if (path === "mod.ts" || mayEnter(room, other, path) || file.endsWith(".test.ts")) return [];
  return [`${file}: imports ${target}: enter by "#${other}/mod.ts", or add a side door with its reason in scripts/rooms.ts`];
}

function mayEnter(room: string, other: string, path: string): boolean {
  const door = rooms.find((known) => known.name === other)?.sideDoors?.[path];
  return door !== undefined || (rooms.find((known) => known.name === room)?.walksInto?.rooms.includes(other) ?? false);
}
