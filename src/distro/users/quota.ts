/** How much a person may take: a ResourceQuota and a LimitRange in his namespace, of a size that has a name, or from a file. */
import { readFileSync } from "node:fs";
import { type KubeObject, type LimitRange, limitranges, type ResourceQuota, resourcequotas } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Client, orUndefined } from "#client/mod.ts";
import { parseYaml } from "#codec/mod.ts";
import { userLabel } from "./rights.ts";
import type { UserWishes } from "./wishes.ts";

export interface Quota {
  quotas: ResourceQuota[];
  limits: LimitRange[];
}

/** How many times the smallest. */
const sizes: Readonly<Record<string, number>> = { small: 1, medium: 4, large: 16 };
const none = "none";

/** `small`, `medium`, `large`, `none`, or the name of a file with ResourceQuotas and LimitRanges. */
export function readQuota(text: string): Quota {
  if (text === none) return { quotas: [], limits: [] };
  const times = sizes[text];
  return times === undefined ? fromFile(text) : sized(times);
}

/** What a container does not say it gets from the LimitRange: where a quota counts CPU and memory, a pod without them would be refused. */
function sized(times: number): Quota {
  const hard = {
    "requests.cpu": `${times}`,
    "requests.memory": `${2 * times}Gi`,
    "limits.cpu": `${2 * times}`,
    "limits.memory": `${4 * times}Gi`,
    "requests.storage": `${10 * times}Gi`,
    pods: `${20 * times}`,
    persistentvolumeclaims: `${5 * times}`,
    "services.nodeports": `${5 * times}`,
    "services.loadbalancers": `${2 * times}`,
  };
  const limit = {
    type: "Container",
    default: { cpu: "500m", memory: "256Mi" },
    defaultRequest: { cpu: "50m", memory: "64Mi" },
  };
  return {
    quotas: [{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "user" }, spec: { hard } } as ResourceQuota],
    limits: [{ apiVersion: "v1", kind: "LimitRange", metadata: { name: "user" }, spec: { limits: [limit] } } as LimitRange],
  };
}

function fromFile(file: string): Quota {
  const quota: Quota = { quotas: [], limits: [] };
  for (const value of documentsIn(file)) {
    const { apiVersion, kind, metadata } = (value ?? {}) as Partial<KubeObject>;
    const what = `--quota ${file}: ${kind ?? "a document without a kind"}`;
    if (apiVersion !== "v1" || (kind !== "ResourceQuota" && kind !== "LimitRange"))
      throw new Error(`${what}: ResourceQuotas and LimitRanges of v1 are needed`);
    if (typeof metadata?.name !== "string") throw new Error(`${what}: metadata.name is missing`);
    if (metadata.namespace !== undefined)
      throw new Error(`${what} ${metadata.name}: it goes into the user's namespace, and must not name one`);
    if (kind === "ResourceQuota") quota.quotas.push(value as ResourceQuota);
    else quota.limits.push(value as LimitRange);
  }
  if (quota.quotas.length + quota.limits.length === 0)
    throw new Error(`--quota ${file}: there is nothing in it; ${none} takes a quota away`);
  return quota;
}

function documentsIn(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`--quota ${file}: ${Object.keys(sizes).join(", ")}, ${none}, or a file is needed`, { cause });
  }
  try {
    return parseYaml(text).documents.map(({ value }) => value);
  } catch (error) {
    throw new Error(`--quota ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Those of before that are not among them go. The words say what was done; none: all was so already. */
export async function ensureQuota(
  client: Client,
  { user, namespace }: Pick<UserWishes, "user" | "namespace">,
  quota: Quota,
): Promise<string[]> {
  const whose = { client, user, namespace };
  return [...(await ensureAll(whose, resourcequotas, quota.quotas)), ...(await ensureAll(whose, limitranges, quota.limits))];
}

interface Whose {
  client: Client;
  user: string;
  namespace: string;
}

async function ensureAll(
  { client, user, namespace }: Whose,
  of: typeof resourcequotas | typeof limitranges,
  wanted: readonly (ResourceQuota | LimitRange)[],
): Promise<string[]> {
  // The two differ in their specs alone, which are handed over as they are.
  const resource = of as typeof resourcequotas;
  const said: string[] = [];
  for (const { apiVersion, kind, metadata, spec } of wanted as readonly ResourceQuota[]) {
    const name = metadata.name!;
    const there = await orUndefined(client.get(resource, { namespace, name }));
    const labels = { ...metadata.labels, [userLabel]: user };
    if (!there) await client.create(resource, { apiVersion, kind, metadata: { ...metadata, namespace, labels }, spec } as ResourceQuota);
    else {
      if (there.metadata.labels?.[userLabel] === undefined)
        throw new Error(`${kind} ${name} in ${namespace} is there and was not made by spoke user add: rename or remove it`);
      const next = await client.update(resource, {
        ...there,
        metadata: { ...there.metadata, labels: { ...there.metadata.labels, ...labels } },
        spec,
      });
      if (next.metadata.resourceVersion === there.metadata.resourceVersion) continue;
    }
    said.push(`${kind} ${name} holds in ${namespace}`);
  }
  const { items } = await client.list(resource, { namespace, labelSelector: `${userLabel}=${user}` });
  for (const { metadata } of items) {
    if (wanted.some((each) => each.metadata.name === metadata.name)) continue;
    await orUndefined(client.delete(resource, { namespace, name: metadata.name! }));
    said.push(`${of === resourcequotas ? "ResourceQuota" : "LimitRange"} ${metadata.name} is taken away from ${namespace}`);
  }
  return said;
}
