/** One user acting as another, where that is allowed. */
import type { RequestInfo, User } from "../contract.ts";
import type { ServerRequest } from "./call.ts";
import { internal } from "./errors.ts";

/** `Impersonate-User` and its like: allowed to those who may impersonate what they name. */
export async function impersonated(
  user: User,
  { headers }: ServerRequest,
  authorize: (user: User, info: RequestInfo) => Promise<void>,
): Promise<User> {
  const name = headers["impersonate-user"] as string | undefined;
  const groups = listOf(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"] as string | undefined;
  const extras = Object.keys(headers).filter((header) => header.startsWith("impersonate-extra-"));
  if (name === undefined && groups.length === 0 && uid === undefined && extras.length === 0) return user;
  if (!name) throw internal(`requested [${[...groups, uid, ...extras].filter(Boolean).join(" ")}] without impersonating a user`);
  const asks = (group: string, resource: string, of: string, namespace = "", subresource = "") =>
    authorize(user, {
      path: "",
      verb: "impersonate",
      isResource: true,
      prefix: group ? "apis" : "api",
      group,
      version: "v1",
      namespace,
      resource,
      subresource,
      name: of,
    });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) await asks("", "serviceaccounts", account[2]!, account[1]!);
  else await asks("", "users", name);
  for (const group of groups) await asks("", "groups", group);
  if (uid) await asks("authentication.k8s.io", "uids", uid);
  const extra: Record<string, string[]> = {};
  for (const header of extras) {
    const key = decodeURIComponent(header.slice("impersonate-extra-".length));
    extra[key] = listOf(headers[header]);
    for (const value of extra[key]) await asks("authentication.k8s.io", "userextras", value, "", key);
  }
  const all = new Set(groups);
  if (account && groups.length === 0)
    for (const group of ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`]) all.add(group);
  all.add(name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated");
  return { name, groups: [...all], ...(uid ? { uid } : {}), ...(extras.length ? { extra } : {}) };
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : value.split(/,\s*/);
}
