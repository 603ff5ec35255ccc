/**
 * The kinds that a server serves, as its discovery tells them: for those who follow every kind (garbage collection, namespaces,
 * quotas), also the custom ones and the ones that come later. Of a group that has several versions, the preferred one.
 */
import { type Catalog, type KubeObject, ObjectMeta, openCatalog, type Resource, resource, type Served, schema, served } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import type { Transport } from "./contract.ts";

export interface DiscoveredCatalog {
  /** Empty until the first `refresh` is done. */
  catalog: Catalog;
  /** Asks now. A group that does not answer keeps the kinds that it had, and is named. */
  refresh(): Promise<{ failed: string[] }>;
  close(): void;
}

interface Options {
  transport: Transport;
  clock: Clock;
  log: Log;
  everyMs?: number;
}

export function discoveredCatalog({ transport, clock, log, everyMs = 30_000 }: Options): DiscoveredCatalog {
  const { catalog, replace } = openCatalog([]);
  /** What each group and version answered last, as text: only a changed answer changes the catalog. */
  const answers = new Map<string, string>();
  const ask = async (path: string) => {
    const answer = await transport.request({ method: "GET", path });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return answer.object;
  };
  async function refresh(): Promise<{ failed: string[] }> {
    const { groups = [] } = (await ask("/apis")) as { groups?: { preferredVersion: { groupVersion: string } }[] };
    const wanted = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
    const failed: string[] = [];
    for (const groupVersion of wanted) {
      try {
        const list = (await ask(groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`)) as { resources?: Entry[] };
        const text = JSON.stringify(list.resources ?? []);
        if (answers.get(groupVersion) === text) continue;
        answers.set(groupVersion, text);
        replace(groupVersion, kindsOf(groupVersion, list.resources ?? []));
      } catch (error) {
        failed.push(groupVersion);
        log.debug("discovery: a group did not answer", { groupVersion, error: messageOf(error) });
      }
    }
    for (const groupVersion of [...answers.keys()]) {
      if (wanted.includes(groupVersion)) continue;
      answers.delete(groupVersion);
      replace(groupVersion, []);
    }
    return { failed };
  }
  const timer = every(clock, everyMs, () =>
    refresh().then(
      () => {},
      (error) => log.debug("discovery: the server did not answer", { error: messageOf(error) }),
    ),
  );
  return { catalog, refresh, close: () => timer.cancel() };
}

interface Entry {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

function kindsOf(groupVersion: string, entries: Entry[]): Served[] {
  const [group, version] = groupVersion.includes("/") ? (groupVersion.split("/") as [string, string]) : ["", groupVersion];
  return entries.filter(({ name }) => !name.includes("/")).map((entry) => served(declared(group, version, entry)));
}

/** Of a kind that is known by discovery alone, only the metadata is typed. */
function declared(group: string, version: string, entry: Entry): Resource<KubeObject> {
  const { name, singularName, kind, ...rest } = entry;
  const known = { metadata: schema.ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }) };
  const struct = schema.kind(`${group || "core"}.${version}.${kind}`, `A ${kind}, known by discovery.`, known);
  const place = { group, version, resource: name, singular: singularName, storagePrefix: "", columns: [], subresources: [] };
  return resource(struct as never, { ...rest, ...place });
}
