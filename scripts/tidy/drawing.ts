/** Between the markers of docs/architecture.md stands the drawing of rooms.ts; it must be current. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawing } from "../rooms.ts";
import type { House } from "./house.ts";

const [open, close] = ["<!-- drawn by scripts/tidy.ts --draw -->", "<!-- end of drawing -->"];

export function drawn({ root }: House, draw: boolean): string[] {
  const file = join(root, "docs/architecture.md");
  if (!existsSync(file)) return ["docs/architecture.md is missing"];
  const text = readFileSync(file, "utf8");
  const wanted = `${open}\n\`\`\`mermaid\n${drawing()}\n\`\`\`\n${close}`;
  const next = text.replace(new RegExp(`${open}[^]*${close}`), () => wanted);
  if (!text.includes(open)) return ["docs/architecture.md: the markers of the drawing are missing"];
  if (next === text) return [];
  if (!draw) return ["docs/architecture.md: the drawing is old: run scripts/tidy.ts --draw"];
  writeFileSync(file, next);
  return [];
}
