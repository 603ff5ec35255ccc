/** How help texts show flags: name, default, sentence. */
import type { Flag } from "./flags.ts";

export function flagList(flags: Flag[]): string {
  return flags
    .filter((flag) => !flag.hidden)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => `    ${flag.short ? `-${flag.short}, ` : ""}--${flag.name}=${shownDefault(flag)}:\n\t${flag.help}`)
    .join("\n\n");
}

function shownDefault(flag: Flag): string {
  if (flag.type === "string" && !flag.unquoted) return `'${flag.value}'`;
  if (flag.type === "strings" || flag.type === "list" || flag.type === "pairs") return `[${flag.value}]`;
  return flag.value;
}
