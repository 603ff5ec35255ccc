/** Empties namespaces that are being deleted, then lets them go. */
import { type KubeObject, type Namespace, namespaces, resourcePath } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Client, reconciler } from "#client/mod.ts";
import { type Discovered, discover, isTwin } from "../discovery.ts";
import { type Content, concludeNamespace, planNamespace, type SeenNamespace } from "./plan.ts";

export const namespaceContent = reconciler<Namespace, SeenNamespace>({
  name: "namespace-controller",
  workers: 10,
  of: namespaces,
  when: ({ type, object }) => type !== "deleted" && object.metadata.deletionTimestamp !== undefined,
  async see(name, caches, { client }) {
    const namespace = caches.get(namespaces, name);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes("kubernetes")) return undefined;
    const { kinds, failures } = await discover(client);
    const undiscovered = failures.map(({ groupVersion, message }) => `${groupVersion}: ${message}`);
    const listable = kinds.filter(
      (kind) => kind.namespaced && ["delete", "list"].every((verb) => kind.verbs.includes(verb)) && !isTwin(kind),
    );
    const isPods = ({ group, resource }: Discovered) => group === "" && resource === "pods";
    // Pods go first and alone: what configures and protects them stays until the last has ended.
    const first = await contentOf(client, name, listable.filter(isPods));
    if (first.content.length + first.unlisted.length > 0) return { namespace, undiscovered, ...first };
    const rest = await contentOf(
      client,
      name,
      listable.filter((kind) => !isPods(kind)),
    );
    return { namespace, undiscovered, ...rest };
  },
  plan: planNamespace,
  conclude: concludeNamespace,
});

async function contentOf(
  client: Client,
  namespace: string,
  kinds: readonly Discovered[],
): Promise<{ content: Content[]; unlisted: string[] }> {
  const content: Content[] = [];
  const unlisted: string[] = [];
  const look = async (kind: Discovered) => {
    try {
      const objects = await metadataOf(client, namespace, kind);
      if (objects.length > 0) content.push({ kind, objects });
    } catch (error) {
      unlisted.push(`${kind.resource}: ${messageOf(error)}`);
    }
  };
  await Promise.all(kinds.map(look));
  return { content, unlisted };
}

const partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** The first 500: it is asked again until none is left. */
async function metadataOf(client: Client, namespace: string, kind: Discovered): Promise<KubeObject[]> {
  const path = `${resourcePath(kind, { namespace })}?limit=500`;
  const { status, object } = await client.transport.request({ method: "GET", path, headers: { accept: partial } });
  // A kind that went while we looked, or that cannot be listed.
  if (status === 404 || status === 405) return [];
  if (status !== 200) throw new Error(`the server answered ${status} to GET ${path}`);
  return (object as { items?: KubeObject[] }).items ?? [];
}
