/**
 * One user acting as another, where that is allowed: for everything (`impersonate`), or in upstream's constrained modes, which name
 * what may be done (`impersonate-on:<mode>:<verb>`) beside who one may be (`impersonate:<mode>`), and never make an administrator.
 */
import type { RequestInfo, User } from "../contract.ts";
import type { ServerRequest } from "./call.ts";
import { ApiError, badRequest } from "./errors.ts";
import { forbiddenTo } from "./refusal.ts";

/** Throws 403 unless the user may. */
type Authorize = (user: User, info: RequestInfo) => Promise<void>;

interface Wanted {
  name: string;
  uid: string;
  groups: string[];
  extra: Record<string, string[]>;
}

const authentication = "authentication.k8s.io";
const nodeName = /^system:node:([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$/;
const accountName = /^system:serviceaccount:([^:]+):([^:]+)$/;
const requesterNode = "authentication.kubernetes.io/node-name";
/** From so many on a right to all of them is asked for first. */
const many = 4;

const onlyNamed = ({ uid, groups, extra }: Wanted) => uid === "" && groups.length === 0 && Object.keys(extra).length === 0;

const modes: readonly { mode: string; fits(wanted: Wanted, requester: User): boolean }[] = [
  {
    mode: "associated-node",
    fits: (wanted, { name, extra }) =>
      onlyNamed(wanted) &&
      accountName.test(name) &&
      nodeName.test(wanted.name) &&
      extra?.[requesterNode]?.join() === nodeName.exec(wanted.name)![1],
  },
  { mode: "arbitrary-node", fits: (wanted) => onlyNamed(wanted) && nodeName.test(wanted.name) },
  { mode: "serviceaccount", fits: (wanted) => onlyNamed(wanted) && accountName.test(wanted.name) },
  { mode: "user-info", fits: ({ name }) => !nodeName.test(name) && !accountName.test(name) },
];

/** `note` hears who the user becomes, and which constrained right allowed it; empty: the right to everything. */
export async function impersonated(
  user: User,
  { headers }: ServerRequest,
  info: RequestInfo,
  authorize: Authorize,
  note?: (user: User, constraint: string) => void,
): Promise<User> {
  const wanted = wantedIn(headers);
  if (!wanted) return user;
  const become = async (...[asker, , verb, ...rest]: Parameters<typeof check>): Promise<User> => {
    const made = await check(asker, wanted, verb, ...rest);
    note?.(made, verb === "impersonate" ? "" : verb);
    return made;
  };
  let first: ApiError | undefined;
  for (const { mode, fits } of modes) {
    if (!fits(wanted, user)) continue;
    // What a node's own agent may do as its node, it may do as any: the node is not what is asked about.
    const isOwn = mode === "associated-node";
    const asker = isOwn ? { ...user, extra: undefined } : user;
    try {
      await authorize(asker, { ...info, verb: `impersonate-on:${mode}:${info.verb}` });
      return await become(asker, wanted, `impersonate:${mode}`, isOwn, authorize);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 403) throw error;
      first ??= error;
    }
  }
  try {
    return await become(user, wanted, "impersonate", false, authorize);
  } catch (error) {
    throw first && error instanceof ApiError && error.code === 403 ? first : error;
  }
}

function wantedIn(headers: ServerRequest["headers"]): Wanted | undefined {
  const one = (name: string) => (headers[name] as string | undefined) ?? "";
  const prefix = "impersonate-extra-";
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(prefix)) continue;
    const key = unescaped(header.slice(prefix.length));
    extra[key] = [...(extra[key] ?? []), ...listOf(headers[header])];
  }
  const wanted = { name: one("impersonate-user"), uid: one("impersonate-uid"), groups: listOf(headers["impersonate-group"]), extra };
  if (wanted.name !== "") return wanted;
  if (onlyNamed(wanted)) return undefined;
  throw badRequest(`requested ${goForm(wanted)} without impersonating a user name`);
}

/** Every field that is set is asked for by itself. */
async function check(user: User, wanted: Wanted, verb: string, anyName: boolean, authorize: Authorize): Promise<User> {
  const isConstrained = verb !== "impersonate";
  const own = isConstrained ? authentication : "";
  const infoOf = (group: string, resource: string, name: string, namespace = "", subresource = ""): RequestInfo => ({
    path: "",
    verb,
    isResource: true,
    prefix: group ? "apis" : "api",
    group,
    version: "v1",
    namespace,
    resource,
    subresource,
    name,
  });
  const ask = (...about: Parameters<typeof infoOf>) => authorize(user, infoOf(...about));
  const refuse = (about: RequestInfo, why: string): never => {
    throw forbiddenTo(user, about, why);
  };
  const account = accountName.exec(wanted.name);
  const node = isConstrained ? nodeName.exec(wanted.name)?.[1] : undefined;
  if (account) await ask(own, "serviceaccounts", account[2]!, account[1]!);
  else if (node !== undefined) await ask(own, "nodes", anyName ? "*" : node);
  else await ask(own, "users", wanted.name);
  if (wanted.uid) await ask(authentication, "uids", wanted.uid);
  if (isConstrained && wanted.groups.includes("")) refuse(infoOf(own, "groups", ""), "impersonating the empty string group is not allowed");
  if (isConstrained && wanted.groups.includes("system:masters"))
    refuse(infoOf(own, "groups", "system:masters"), "impersonating the system:masters group is not allowed");
  const all = async (...about: Parameters<typeof infoOf>) => (await ask(...about).catch((error: unknown) => error)) === undefined;
  if (!(isConstrained && wanted.groups.length >= many && (await all(own, "groups", "*"))))
    for (const group of wanted.groups) await ask(own, "groups", group);
  const pairs = Object.entries(wanted.extra).flatMap(([key, values]) => values.map((value) => [key, value] as const));
  if (isConstrained) {
    const odd = pairs.find(([key, value]) => key === "" || value === "");
    if (odd)
      refuse(
        infoOf(authentication, "userextras", ""),
        `impersonating the empty string ${odd[0] === "" ? "key" : "value"} in extra is not allowed`,
      );
  }
  if (!(isConstrained && pairs.length >= many && (await all(authentication, "userextras", "*", "", "*"))))
    for (const [key, value] of pairs) await ask(authentication, "userextras", value, "", key);
  return {
    name: wanted.name,
    groups: groupsOf(wanted, account?.[1], node !== undefined),
    ...(wanted.uid ? { uid: wanted.uid } : {}),
    ...(pairs.length > 0 ? { extra: wanted.extra } : {}),
  };
}

/** An account and a node have the groups that theirs have; who is nobody stays so. */
function groupsOf({ name, groups }: Wanted, namespace: string | undefined, isNode: boolean): string[] {
  const own = isNode
    ? ["system:nodes"]
    : namespace !== undefined && groups.length === 0
      ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]
      : groups;
  if (name === "system:anonymous") return [...new Set([...own, "system:unauthenticated"])];
  return [...new Set(own.includes("system:unauthenticated") ? own : [...own, "system:authenticated"])];
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : value.split(/,\s*/);
}

/** As upstream's refusal shows it. */
function goForm({ name, uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]) => `[]string{${values.map((each) => JSON.stringify(each)).join(", ")}}`;
  const strings = (values: readonly string[]) => (values.length > 0 ? list(values) : "[]string(nil)");
  const pairs = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const map = pairs.length > 0 ? `map[string][]string{${pairs.join(", ")}}` : "map[string][]string(nil)";
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${strings(groups)}, Extra:${map}}`;
}
