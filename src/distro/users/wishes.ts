/** What `spoke user add` was asked for, as far as it can be judged without the cluster. */
import { parseGoDuration } from "#codec/mod.ts";

export interface UserWishes {
  user: string;
  namespace: string;
  role: string;
  groups: readonly string[];
  /** How long the certificate, or the token, is good for. */
  seconds: number;
  /** What the person shows. */
  by: "certificate" | "token";
}

export interface UserWords {
  user: string | undefined;
  namespace?: string;
  role?: string;
  groups?: string;
  expires?: string;
  token?: boolean;
}

export const usualRole = "edit";
const day = 86_400;
const usualSeconds = 365 * day;
/** Of the certificates API. */
const leastSeconds = 600;
/** Its field is an int32; ten years are what the authority itself has. */
const mostSeconds = 3650 * day;
/** Of a certificate's common name, and of a label's value. */
const longestName = 63;

export function readWishes({ user, namespace, role = usualRole, groups, expires, token }: UserWords): UserWishes {
  if (token && groups !== undefined) throw new Error("--groups: a certificate names groups, and a token does not");
  return {
    user: readUser(user),
    namespace: readNamespace(namespace, user ?? ""),
    role: readRole(role),
    groups: readGroups(groups),
    seconds: readSeconds(expires),
    by: token ? "token" : "certificate",
  };
}

export function readUser(user: string | undefined): string {
  if (user === undefined) throw new Error("whom? spoke user add NAME");
  if (/^system:/.test(user)) throw new Error(`user ${JSON.stringify(user)}: names that begin with system: are the cluster's own`);
  if (user.length > longestName || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(user))
    throw new Error(
      `user ${JSON.stringify(user)}: at most ${longestName} of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit`,
    );
  return user;
}

function readNamespace(namespace: string | undefined, user: string): string {
  const wanted = namespace ?? user;
  const valid = wanted.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(wanted);
  if (namespace === undefined && !valid)
    throw new Error(`user ${JSON.stringify(user)}: a namespace cannot have this name; say which one is meant with --namespace`);
  if (!valid) throw new Error(`--namespace ${namespace}: at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit`);
  if (namespace === undefined && (/^kube-/.test(user) || user === "default"))
    throw new Error(
      `user ${JSON.stringify(user)}: the namespace of this name is the cluster's own; say which one is meant with --namespace`,
    );
  return wanted;
}

function readRole(role: string): string {
  if (role === "" || /[/%]/.test(role) || role === "." || role === "..")
    throw new Error(`--role ${JSON.stringify(role)}: view, edit, admin, cluster-admin, or another role's name is needed`);
  return role;
}

function readGroups(text: string | undefined): string[] {
  if (text === undefined) return [];
  const groups = [...new Set(text.split(",").map((group) => group.trim()))];
  for (const group of groups) {
    if (/^system:/.test(group)) throw new Error(`--groups ${group}: groups that begin with system: are the cluster's own`);
    if (group.length > 64 || !/^[A-Za-z0-9][A-Za-z0-9:._@/-]*$/.test(group))
      throw new Error(
        `--groups ${JSON.stringify(text)}: names with commas between them are needed, each at most 64 of letters, digits and : . _ @ / -`,
      );
  }
  return groups;
}

/** Milliseconds; Go's durations, and days. */
export function readDuration(option: string, text: string): number {
  const days = /^(\d+)d$/.exec(text)?.[1];
  const ms = days === undefined ? parseGoDuration(text) : Number(days) * day * 1000;
  if (ms === undefined) throw new Error(`--${option} ${text}: a duration such as 30d, 12h or 90m is needed`);
  return ms;
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return usualSeconds;
  const seconds = Math.floor(readDuration("expires", text) / 1000);
  if (seconds < leastSeconds || seconds > mostSeconds) throw new Error(`--expires ${text}: from 10m to ${mostSeconds / day}d`);
  return seconds;
}
