/** Settings for containers on Windows, and what pods of one system may not have of the other's. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import type { Problems } from "../problems.ts";
import { placedContainers } from "./placed-containers.ts";

const maxSpecKiB = 64;
const maxDomain = 256;
const maxUser = 104;
const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const domainName = new RegExp(`^${label}(?:\\.${label})*$`);
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;

export function validateWindowsOptions(options: AnyObject | undefined, at: string, problems: Problems): void {
  if (!options) return;
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  if (name !== undefined) problems.invalids(`${at}.gmsaCredentialSpecName`, name, checkDns1123Subdomain(name));
  if (spec === "") problems.invalid(`${at}.gmsaCredentialSpec`, spec, "gmsaCredentialSpec cannot be an empty string");
  else if (spec !== undefined && Buffer.byteLength(spec) > maxSpecKiB * 1024)
    problems.invalid(`${at}.gmsaCredentialSpec`, spec, `gmsaCredentialSpec size must be under ${maxSpecKiB} KiB`);
  if (user !== undefined) problems.invalids(`${at}.runAsUserName`, user, problemsOfUser(user));
}

function problemsOfUser(text: string): string[] {
  if (text === "") return ["runAsUserName cannot be an empty string"];
  if (/\p{Cc}/u.test(text)) return ["runAsUserName cannot contain control characters"];
  const parts = text.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const out: string[] = [];
  if (Buffer.byteLength(domain ?? "") >= maxDomain) out.push(`runAsUserName's Domain length must be under ${maxDomain} characters`);
  if (domain !== undefined && !netBiosName.test(domain) && !domainName.test(domain))
    out.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === "") out.push("runAsUserName's User cannot be empty");
  else if (Buffer.byteLength(user) > maxUser) out.push(`runAsUserName's User length must not be longer than ${maxUser} characters`);
  if (/^[. ]+$/.test(user)) out.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) out.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  return out;
}

/** All of a pod's containers are processes of the host, or none is. */
export function validateHostProcess(spec: AnyObject, field: string, problems: Problems): void {
  const ofPod: boolean | undefined = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = placedContainers(spec, field);
  let count = 0;
  for (const [container, at] of containers) {
    const own: boolean | undefined = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && own !== ofPod)
      problems.invalid(
        `${at}.securityContext.windowsOptions.hostProcess`,
        own,
        `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
      );
    if (own ?? ofPod) count++;
  }
  if (count === 0) return;
  if (count !== containers.length)
    problems.invalid(field, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers");
  if (!spec.hostNetwork)
    problems.invalid(`${field}.hostNetwork`, false, "hostNetwork must be true if pod contains any hostProcess containers");
}

/** In upstream's order; paths below the spec. */
const notOnWindows = [
  "securityContext.appArmorProfile",
  "securityContext.seLinuxOptions",
  "hostUsers",
  "hostPID",
  "hostIPC",
  "securityContext.seccompProfile",
  "securityContext.fsGroup",
  "securityContext.fsGroupChangePolicy",
  "securityContext.sysctls",
  "shareProcessNamespace",
  "securityContext.runAsUser",
  "securityContext.runAsGroup",
  "securityContext.supplementalGroups",
  "securityContext.supplementalGroupsPolicy",
  "securityContext.seLinuxChangePolicy",
];
const notInWindowsContainers = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

export function validateForSystem(spec: AnyObject, field: string, problems: Problems): void {
  if (!spec.os) return;
  const { name } = spec.os;
  if (!name) return problems.required(`${field}.os.name`);
  if (name === "linux") {
    const why = "windows options cannot be set for a linux pod";
    if (spec.securityContext?.windowsOptions) problems.forbidden(`${field}.securityContext.windowsOptions`, why);
    for (const [container, at] of placedContainers(spec, field))
      if (container.securityContext?.windowsOptions) problems.forbidden(`${at}.securityContext.windowsOptions`, why);
  } else if (name === "windows") {
    const why = "cannot be set for a windows pod";
    for (const path of notOnWindows) {
      const [first, second] = path.split(".") as [string, string | undefined];
      if (isThere(second ? spec[first]?.[second] : spec[first], path)) problems.forbidden(`${field}.${path}`, why);
    }
    for (const [container, at] of placedContainers(spec, field))
      for (const key of notInWindowsContainers)
        if (container.securityContext?.[key] !== undefined) problems.forbidden(`${at}.securityContext.${key}`, why);
  } else problems.notSupported(`${field}.os`, name, ["linux", "windows"]);
}

function isThere(value: unknown, path: string): boolean {
  if (path === "hostPID" || path === "hostIPC") return value === true;
  if (path.endsWith(".sysctls")) return Array.isArray(value) && value.length > 0;
  return value !== undefined;
}
