/** Kernel settings, of this network namespace or of a named one. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "./run.ts";

/** Names with slashes may have parts with dots, as devices do. */
const pathOf = (name: string): string => `/proc/sys/${name.includes("/") ? name : name.replaceAll(".", "/")}`;

export function readSysctl(name: string): string | undefined {
  return existsSync(pathOf(name)) ? readFileSync(pathOf(name), "utf8").trim() : undefined;
}

/** Sets values; a setting that this kernel does not have is left out when its name ends with `?`. One process for a namespace, none without. */
export async function setSysctls(values: Record<string, string>, options: { netns?: string } = {}): Promise<void> {
  const entries = Object.entries(values).map(([name, value]) => ({
    path: pathOf(name.replace(/\?$/, "")),
    optional: name.endsWith("?"),
    value,
  }));
  if (!options.netns) {
    for (const { path, optional, value } of entries) if (!optional || existsSync(path)) writeFileSync(path, value);
    return;
  }
  const script = entries.map(({ path, optional, value }) => `${optional ? `[ ! -e ${path} ] || ` : ""}echo ${value} > ${path}`).join("\n");
  await run(["sh", "-e", "-c", script], options);
}
