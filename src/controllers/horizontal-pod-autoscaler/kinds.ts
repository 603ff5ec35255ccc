/** Which resources a kind is served as: looked up by group, and believed for half a minute, as upstream's mapper does. */

import type { Clock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import type { Discovered } from "../discovery.ts";
import { read } from "./measure.ts";
import type { Read } from "./seen.ts";

export interface Kinds {
  /** In the order of preference, at least one. */
  find(group: string, kind: string): Promise<Read<Discovered[]>>;
}

const believedMs = 30_000;

interface Group {
  versions?: { groupVersion: string; version: string }[];
}
interface Resources {
  resources?: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

export function servedKinds(client: Client, clock: Clock): Kinds {
  let known = new Map<string, Promise<Discovered[]>>();
  let sinceMs = clock.monotonic();
  return {
    async find(group, kind) {
      if (clock.monotonic() - sinceMs > believedMs) {
        known = new Map();
        sinceMs = clock.monotonic();
      }
      const asked = known.get(group) ?? ask(client, group);
      known.set(group, asked);
      const found = (await asked).filter((each) => each.kind === kind);
      return found.length > 0 ? { ok: found } : { error: `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}` };
    },
  };
}

async function ask(client: Client, group: string): Promise<Discovered[]> {
  const info = group ? await read<Group>(client, `/apis/${group}`, group) : { ok: { versions: [{ groupVersion: "v1", version: "v1" }] } };
  if ("error" in info) return [];
  const each = (info.ok.versions ?? []).map(async ({ groupVersion, version }) => {
    const list = await read<Resources>(client, group ? `/apis/${groupVersion}` : `/api/${groupVersion}`, groupVersion);
    if ("error" in list) return [];
    const resources = (list.ok.resources ?? []).filter(({ name }) => !name.includes("/"));
    return resources.map(({ name, ...rest }) => ({ ...rest, group, version, apiVersion: groupVersion, resource: name }));
  });
  return (await Promise.all(each)).flat();
}
