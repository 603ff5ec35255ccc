/** What people may do: a namespace for each, and bindings marked with their names, by which they are found again. */
import {
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  type Namespace,
  namespaces,
  type RoleBinding,
  rolebindings,
  roles,
} from "#api/mod.ts";
import { type Client, isAlreadyExists, orUndefined } from "#client/mod.ts";
import type { UserWishes } from "./wishes.ts";

/** On bindings: whose they are. On namespaces: for whom they were made. */
export const userLabel = "spoke.dev/user";
const groupsNote = "spoke.dev/groups";
const expiresNote = "spoke.dev/expires";
/** Of the whole cluster: in one namespace it would be less than its name says. */
const wholeCluster = "cluster-admin";
const rbac = "rbac.authorization.k8s.io";

export interface UserRow {
  user: string;
  /** Absent: the whole cluster. */
  namespace?: string;
  role: string;
  groups: string[];
  /** When the certificate or token given out last runs out; ISO 8601. */
  expires: string;
  by: UserWishes["by"];
  /** The namespace of the service account, where it is by token. */
  account?: string;
}

type Binding = RoleBinding | ClusterRoleBinding;

export const bindingName = (user: string): string => `spoke:user:${user}`;

/** The words say what was done; none: all was so already. */
export async function ensureNamespace(client: Client, { user, namespace }: UserWishes): Promise<string[]> {
  const there = await orUndefined(client.get(namespaces, { name: namespace }));
  if (there?.metadata.deletionTimestamp) throw new Error(`the namespace ${namespace} is being deleted: wait until it is gone`);
  if (there) return [];
  const made = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { [userLabel]: user } } } as Namespace;
  try {
    await client.create(namespaces, made);
  } catch (error) {
    if (isAlreadyExists(error)) return [];
    throw error;
  }
  return [`namespace ${namespace} made`];
}

/** Throws when there is no such role: before anything is made. */
export async function checkRole(client: Client, wishes: UserWishes): Promise<void> {
  await findRole(client, wishes);
}

/** A Role of the namespace before a ClusterRole of the same name. */
async function findRole(client: Client, { role, namespace }: UserWishes): Promise<{ apiGroup: string; kind: string; name: string }> {
  if (role !== wholeCluster && (await orUndefined(client.get(roles, { namespace, name: role }))))
    return { apiGroup: rbac, kind: "Role", name: role };
  if (await orUndefined(client.get(clusterroles, { name: role }))) return { apiGroup: rbac, kind: "ClusterRole", name: role };
  throw new Error(`--role ${role}: neither the namespace ${namespace} nor the cluster has such a role: see kubectl get clusterroles`);
}

/** Binds the role and takes back the one before; `expires` is written down for `user list`. */
export async function ensureBinding(client: Client, wishes: UserWishes, expires: string): Promise<string[]> {
  const { user, namespace, role, groups, by } = wishes;
  const name = bindingName(user);
  const roleRef = await findRole(client, wishes);
  const whole = role === wholeCluster;
  const wanted = {
    apiVersion: `${rbac}/v1`,
    kind: whole ? "ClusterRoleBinding" : "RoleBinding",
    metadata: {
      name,
      ...(whole ? {} : { namespace }),
      labels: { [userLabel]: user },
      annotations: { [groupsNote]: groups.join(","), [expiresNote]: expires },
    },
    subjects: [by === "token" ? { kind: "ServiceAccount", name: user, namespace } : { apiGroup: rbac, kind: "User", name: user }],
    roleRef,
  };
  const said = whole ? await ensureOne(client, clusterrolebindings, wanted) : await ensureOne(client, rolebindings, wanted);
  // The new right is there before the old one goes.
  const other = whole ? await removeOne(client, rolebindings, { namespace, name }) : await removeOne(client, clusterrolebindings, { name });
  return said || other ? [`${user} has the role ${role} ${whole ? "in the whole cluster" : `in ${namespace}`}`] : [];
}

type BindingResource = typeof rolebindings | typeof clusterrolebindings;

async function ensureOne(client: Client, resource: BindingResource, wanted: Binding): Promise<boolean> {
  const { name, namespace } = wanted.metadata;
  const ref = { name: name!, ...(namespace ? { namespace } : {}) };
  const there = (await orUndefined(client.get(resource as typeof rolebindings, ref))) as Binding | undefined;
  if (there && there.metadata.labels?.[userLabel] === undefined)
    throw new Error(`${wanted.kind} ${name} is there and was not made by spoke user add: rename or remove it`);
  const same = JSON.stringify(there?.roleRef) === JSON.stringify(wanted.roleRef);
  if (there && same) {
    const { labels, annotations } = wanted.metadata;
    await client.patch(resource as typeof rolebindings, ref, "merge", { metadata: { labels, annotations }, subjects: wanted.subjects });
    return false;
  }
  // A binding's role cannot be changed.
  if (there) await client.delete(resource as typeof rolebindings, ref);
  await client.create(resource as typeof rolebindings, wanted as RoleBinding);
  return true;
}

async function removeOne(client: Client, resource: BindingResource, ref: { name: string; namespace?: string }): Promise<boolean> {
  const there = (await orUndefined(client.get(resource as typeof rolebindings, ref))) as Binding | undefined;
  if (there?.metadata.labels?.[userLabel] === undefined) return false;
  await orUndefined(client.delete(resource as typeof rolebindings, ref));
  return true;
}

export async function listUsers(client: Client): Promise<UserRow[]> {
  const labelSelector = userLabel;
  const [some, all] = await Promise.all([
    client.list(rolebindings, { labelSelector }),
    client.list(clusterrolebindings, { labelSelector }),
  ]);
  const rows = [...some.items, ...all.items].map(rowOf);
  const order = ({ user, namespace = "" }: UserRow) => `${user}\0${namespace}`;
  return rows.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

function rowOf({ metadata, roleRef, subjects }: Binding): UserRow {
  return {
    user: metadata.labels?.[userLabel] ?? "",
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    role: roleRef?.name ?? "",
    groups: (metadata.annotations?.[groupsNote] ?? "").split(",").filter((group) => group !== ""),
    expires: metadata.annotations?.[expiresNote] ?? "",
    ...whoseOf(subjects?.[0]),
  };
}

const whoseOf = (subject: { kind?: string; namespace?: string } | undefined): Pick<UserRow, "by" | "account"> =>
  subject?.kind === "ServiceAccount" ? { by: "token", account: subject.namespace ?? "" } : { by: "certificate" };

/** Takes what was bound to the user. The rows are those that were there. */
export async function removeRights(client: Client, user: string): Promise<UserRow[]> {
  const rows = (await listUsers(client)).filter((row) => row.user === user);
  const name = bindingName(user);
  for (const { namespace } of rows)
    await (namespace ? removeOne(client, rolebindings, { namespace, name }) : removeOne(client, clusterrolebindings, { name }));
  return rows;
}

/** Deletes the namespaces that were made for the user, but for those in which others have a role. */
export async function removeNamespaces(client: Client, user: string): Promise<string[]> {
  const [mine, rows] = await Promise.all([client.list(namespaces, { labelSelector: `${userLabel}=${user}` }), listUsers(client)]);
  const said: string[] = [];
  for (const { metadata } of mine.items) {
    const name = metadata.name!;
    const others = rows.filter((row) => row.namespace === name && row.user !== user).map((row) => row.user);
    if (others.length > 0) said.push(`namespace ${name} stays: ${others.join(", ")} works there too`);
    else {
      await orUndefined(client.delete(namespaces, { name }));
      said.push(`namespace ${name} is being deleted, and all that is in it`);
    }
  }
  return said;
}
