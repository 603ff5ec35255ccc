/** Which credential programs a user's preferences let run. */
import { accessSync, constants } from "node:fs";
import { isAbsolute, join } from "node:path";

export interface PluginPolicy {
  /** "" allows all. */
  type: string;
  /** Names or paths of programs, for the type Allowlist. */
  allowlist?: string[];
}

/** What is wrong with a policy; undefined when it can be obeyed. */
export function policyFault({ type, allowlist }: PluginPolicy): string | undefined {
  const quoted = JSON.stringify(type);
  if (["", "AllowAll", "DenyAll"].includes(type))
    return allowlist ? `misconfigured credential plugin allowlist: plugin policy is ${quoted} but allowlist is non-nil` : undefined;
  if (type !== "Allowlist") return `unknown plugin policy: ${quoted}`;
  if (!allowlist) return `credential plugin policy set to ${quoted}, but allowlist is unspecified`;
  if (allowlist.length === 0) return `credential plugin policy set to ${quoted}, but allowlist is empty; use "DenyAll" policy instead`;
  const empty = allowlist.indexOf("");
  return empty < 0 ? undefined : `misconfigured credential plugin allowlist: empty allowlist entry #${empty + 1}`;
}

/** Why a program may not run; undefined when it may. */
export function refusalOf(policy: PluginPolicy, command: string, path = process.env.PATH ?? ""): string | undefined {
  if (policy.type === "" || policy.type === "AllowAll") return undefined;
  if (policy.type === "DenyAll") return `plugin ${JSON.stringify(command)} not allowed: policy set to "DenyAll"`;
  const allowed = policy.allowlist ?? [];
  const found = lookPath(command, path);
  if (allowed.includes(command) || (found !== undefined && allowed.some((entry) => entry === found || lookPath(entry, path) === found)))
    return undefined;
  return `plugin path ${JSON.stringify(found ?? command)} is not permitted by the credential plugin allowlist`;
}

/** As a shell finds a program: a name on PATH, anything with a slash where it is. */
function lookPath(command: string, path: string): string | undefined {
  const places = command.includes("/")
    ? [command]
    : path
        .split(":")
        .filter(isAbsolute)
        .map((folder) => join(folder, command));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
