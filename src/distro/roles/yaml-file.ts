/** The machine's configuration file as YAML, and what every command must know of it: which cluster it is about. */
import { existsSync } from "node:fs";
import { readText } from "#api/config-file.ts";
import { messageOf } from "#base/mod.ts";
import { readYaml } from "#codec/yaml.ts";
import { isRoot } from "#linux/mod.ts";

/** Options of this machine's `up`, `server` or `agent`. */
export const usualConfigFile = "/etc/spoke/config.yaml";

export const defaultCluster = "spoke";

/** Throws where the text is not a mapping, and where a key is there twice. */
export function readMapping(file: string): Record<string, unknown> {
  const { value, duplicates } = parsed(file);
  if (duplicates.length > 0) throw new Error(`${file}: ${duplicates.join("; ")}`);
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(`${file}: keys with values are needed, such as "nodes: 3"`);
  return value as Record<string, unknown>;
}

function parsed(file: string): { value: unknown; duplicates: string[] } {
  const text = readText(file);
  try {
    return readYaml(text);
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

export function nameIn(file: string, { name = defaultCluster }: Readonly<Record<string, unknown>>): string {
  if (typeof name !== "string") throw new Error(`${file}: name: a text is needed, not ${JSON.stringify(name)}`);
  return name;
}

/** It is about what root does with this machine. */
export const hasUsualFile = (): boolean => isRoot() && existsSync(usualConfigFile);

/** The file that counts where no other one is named. */
export function configFileHere(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env.SPOKE_CONFIG ?? (hasUsualFile() ? usualConfigFile : "")) || undefined;
}

/** The cluster that commands are about where nothing else is said. */
export function clusterHere(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SPOKE_CLUSTER) return env.SPOKE_CLUSTER;
  const file = configFileHere(env);
  return file === undefined ? defaultCluster : nameIn(file, readMapping(file));
}
