/** The kinds that the API server serves now, custom ones too: for controllers whose business is every kind. */
import type { Resource } from "#api/mod.ts";
import type { Client } from "#client/mod.ts";

export interface Discovered {
  group: string;
  version: string;
  /** `v1`, `apps/v1`. */
  apiVersion: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
}

export interface Discovery {
  /** Of each group in its preferred version. */
  kinds: Discovered[];
  /** Group versions that did not answer: their kinds are unknown, not gone. */
  failures: { groupVersion: string; message: string }[];
}

interface Groups {
  groups?: { preferredVersion: { groupVersion: string } }[];
}
interface Resources {
  resources?: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

export async function discover(client: Client): Promise<Discovery> {
  const ask = (path: string) => client.transport.request({ method: "GET", path });
  const groups = await ask("/apis");
  if (groups.status !== 200) throw new Error(`discovery: /apis answered ${groups.status}`);
  const versions = ["v1", ...((groups.object as Groups).groups ?? []).map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const out: Discovery = { kinds: [], failures: [] };
  for (const groupVersion of versions) {
    const [group, version] = groupVersion.includes("/") ? groupVersion.split("/") : ["", groupVersion];
    const answer = await ask(group ? `/apis/${groupVersion}` : `/api/${groupVersion}`);
    if (answer.status !== 200) out.failures.push({ groupVersion, message: `the server answered ${answer.status}` });
    else
      for (const { name, kind, namespaced, verbs } of (answer.object as Resources).resources ?? [])
        if (!name.includes("/"))
          out.kinds.push({ group: group!, version: version!, apiVersion: groupVersion, resource: name, kind, namespaced, verbs });
  }
  return out;
}

/** The same objects are served as events of the core group. */
export const isTwin = ({ group, resource }: Discovered): boolean => group === "events.k8s.io" && resource === "events";

/** What a client needs of a resource to reach it: a kind that is not known at compile time has no schema. */
export function asResource(found: Discovered): Resource {
  return found as unknown as Resource;
}
