/** The cluster as the machine's file has it, without a person who types a command: for units of systemd, and for containers of Spoke itself. */
import { type ClusterConfig, readCluster } from "../cluster.ts";
import type { Place } from "../place.ts";
import { readConfigFile } from "../roles/config-file.ts";
import type { Role } from "../roles/usages.ts";
import { configFileHere } from "../roles/yaml-file.ts";

/** What this machine is: as it is, or as its file says; where neither knows, all of a cluster. */
export function roleHere(before: ClusterConfig | undefined, fileRole: Role | undefined): Role {
  if (!before) return fileRole ?? "up";
  return before.machine ? (before.machine.server ? "agent" : "server") : "up";
}

export const fileRole = (): Role | undefined => {
  const file = configFileHere();
  return file === undefined ? undefined : readConfigFile(file).role;
};

export const commandOf = {
  up: async () => (await import("../commands/up.ts")).command,
  server: async () => (await import("../commands/server.ts")).command,
  agent: async () => (await import("../commands/agent.ts")).command,
} satisfies Record<Role, () => Promise<(words: string[]) => Promise<number>>>;

export async function bringUp(place: Place): Promise<number> {
  const role = roleHere(readCluster(place), fileRole());
  const command = await commandOf[role]();
  return command(["--boot", "--name", place.cluster]);
}
