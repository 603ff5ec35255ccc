/** `tree`: an object with everything that it owns, and what those own. Not among upstream's commands. */
import type { Command } from "../command.ts";
import { pathOf, type ResourceInfo } from "../connect/discovery.ts";
import { metadataOnly } from "../connect/rest.ts";
import type { Session } from "../connect/session.ts";
import { isForbidden, isNotFound, StatusError } from "../failure.ts";
import { buildTargets } from "../input/builder.ts";
import { type At, fetchTargets, getObject } from "../objects.ts";
import { TabWriter } from "../print/tab-writer.ts";
import { age, type KObject } from "../print/values.ts";

export const command: Command = {
  use: "tree (TYPE NAME | TYPE/NAME ...)",
  long: "Show an object with everything that it owns.\n\n Owners are those of metadata.ownerReferences, whatever the kind: objects of all resources that may be listed are looked at. READY and REASON are those of the condition Ready, or Available.",
  examples:
    "# A deployment, its replica sets and their pods\nkubectl tree deployment web\n\n# A custom object and what its operator made for it\nkubectl tree databases.example.org/main",
  flags: [],
  run,
};

/** What lists hold of each object. */
interface Owned {
  resource: ResourceInfo;
  metadata: KObject["metadata"];
}

export interface Row {
  /** The lines that lead to it, then its kind and name. */
  label: string;
  at: At;
}

async function run(session: Session): Promise<void> {
  const roots = await fetchTargets(session, await buildTargets(session));
  // What a namespaced object owns is in its namespace; what a cluster's object owns may be anywhere.
  const namespaces = new Set(roots.map(({ namespace }) => namespace));
  const everywhere = namespaces.has("");
  const owned = (await Promise.all([...(everywhere ? [""] : namespaces)].map((namespace) => ownedIn(session, namespace)))).flat();
  const writer = new TabWriter();
  writer.write("NAME\tREADY\tREASON\tAGE\n");
  for (const root of roots)
    for (const { label, at } of rowsOf(root, owned, everywhere)) {
      const object =
        at.name === root.name && at.resource === root.resource ? root.object : await getObject(session, at).catch(goneMeanwhile);
      if (object) writer.write(`${[label, ...readiness(object), age(object.metadata.creationTimestamp, session.now())].join("\t")}\n`);
    }
  session.out(writer.flush());
}

function goneMeanwhile(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** The root, then depth first what it owns, by kind and name. */
export function rowsOf(root: At & { object: KObject }, owned: readonly Owned[], withNamespace: boolean): Row[] {
  const children = new Map<string, Owned[]>();
  for (const each of owned)
    for (const { uid } of each.metadata.ownerReferences ?? []) children.set(uid, [...(children.get(uid) ?? []), each]);
  const rows: Row[] = [];
  const seen = new Set<string>();
  const visit = ({ resource, metadata }: Owned, lead: string, below: string) => {
    const namespace = metadata.namespace ?? "";
    rows.push({
      label: `${lead}${resource.kind}/${withNamespace && namespace ? `${namespace}/` : ""}${metadata.name}`,
      at: { resource, namespace, name: metadata.name },
    });
    // Owners may stand in a circle; nothing forbids it.
    if (!metadata.uid || seen.has(metadata.uid)) return;
    seen.add(metadata.uid);
    const own = (children.get(metadata.uid) ?? []).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    for (const [i, child] of own.entries()) {
      const last = i === own.length - 1;
      visit(child, `${below}${last ? "└─" : "├─"}`, `${below}${last ? "  " : "│ "}`);
    }
  };
  visit({ resource: root.resource, metadata: root.object.metadata }, "", "");
  return rows;
}

const sortKey = ({ resource, metadata }: Owned) => `${resource.kind}/${metadata.namespace ?? ""}/${metadata.name}`;

/** READY and REASON. */
function readiness({ status }: KObject): [string, string] {
  const conditions: { type: string; status: string; reason?: string }[] = Array.isArray(status?.conditions) ? status.conditions : [];
  const found = conditions.find(({ type }) => type === "Ready") ?? conditions.find(({ type }) => type === "Available");
  return found ? [found.status, found.status === "True" ? "" : (found.reason ?? "")] : ["-", ""];
}

/** At once; more would wait for one another at the server. */
const together = 8;

/** Everything in the namespace that has an owner. */
async function ownedIn(session: Session, namespace: string): Promise<Owned[]> {
  const { found } = await session.mapper();
  const preferred = new Map(found.groups.map(({ name, versions }) => [name, versions]));
  const waiting = listable({ resources: found.resources, preferred }, namespace !== "");
  const out: Owned[] = [];
  const unseen: string[] = [];
  const work = async () => {
    for (let resource = waiting.pop(); resource; resource = waiting.pop())
      try {
        out.push(...(await ownedOf(session, resource, namespace)));
      } catch (error) {
        if (isForbidden(error)) unseen.push(resource.name);
        // A resource may go, or not be listed after all.
        else if (!(error instanceof StatusError && [404, 405].includes(error.status.code ?? 0))) throw error;
      }
  };
  await Promise.all(Array.from({ length: together }, work));
  if (unseen.length > 0) session.err(`you may not list, so that what they hold is left out: ${unseen.sort().join(", ")}\n`);
  return out;
}

/** Nobody owns them, and lists of some warn. */
const ownerless = ["events", "endpoints", "componentstatuses"];

/** Each resource in the version that its group prefers. */
export function listable(
  { resources, preferred }: { resources: ResourceInfo[]; preferred: Map<string, string[]> },
  namespaced: boolean,
): ResourceInfo[] {
  const best = new Map<string, ResourceInfo>();
  const rank = ({ group, version }: ResourceInfo) => (preferred.get(group) ?? []).indexOf(version);
  for (const each of resources) {
    if (!each.verbs.includes("list") || ownerless.includes(each.name) || (namespaced && !each.namespaced)) continue;
    const key = `${each.name}.${each.group}`;
    const known = best.get(key);
    if (!known || rank(each) < rank(known)) best.set(key, each);
  }
  return [...best.values()];
}

async function ownedOf(session: Session, resource: ResourceInfo, namespace: string): Promise<Owned[]> {
  const rest = await session.rest();
  const out: Owned[] = [];
  for (let token: string | undefined, more = true; more; more = Boolean(token)) {
    const page: { items?: { metadata: KObject["metadata"] }[]; metadata?: { continue?: string } } = await rest.json({
      path: pathOf(resource, { namespace }),
      query: { limit: 500, continue: token },
      accept: metadataOnly,
    });
    for (const { metadata } of page.items ?? []) if (metadata.ownerReferences?.length) out.push({ resource, metadata });
    token = page.metadata?.continue;
  }
  return out;
}
