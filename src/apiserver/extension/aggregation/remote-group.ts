/** A version of a group that another API server serves: where it is, who we are to it, and what it said of itself last. */
import { checkServerIdentity } from "node:tls";
import type { APIService, APIServiceCondition } from "#api/mod.ts";
import type { User } from "../../contract.ts";

/** PEM: how this server proves that it may speak for users. */
export interface FrontProxyIdentity {
  cert: string;
  key: string;
}

export interface RemoteGroup {
  name: string;
  group: string;
  version: string;
  groupPriority: number;
  versionPriority: number;
  service: { namespace: string; name: string; port: number };
  /** PEM; undefined: the authorities that the system trusts. */
  ca: string | undefined;
  insecure: boolean;
  available: boolean;
  uid: string;
}

export function remoteGroupOf({ metadata, spec, status }: APIService): RemoteGroup | undefined {
  if (!spec?.service) return undefined;
  const { namespace = "", name = "", port = 443 } = spec.service;
  return {
    name: metadata.name ?? "",
    group: spec.group ?? "",
    version: spec.version ?? "",
    groupPriority: spec.groupPriorityMinimum ?? 0,
    versionPriority: spec.versionPriority ?? 0,
    service: { namespace, name, port },
    ca: spec.caBundle ? Buffer.from(spec.caBundle, "base64").toString() : undefined,
    insecure: spec.insecureSkipTLSVerify === true,
    available: status?.conditions?.some((each: APIServiceCondition) => each.type === "Available" && each.status === "True") ?? false,
    uid: metadata.uid ?? "",
  };
}

export const pathOf = ({ group, version }: Pick<RemoteGroup, "group" | "version">) =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

export interface RemoteTls {
  ca?: string;
  /** As Go: what is given as trusted is, an authority or not. */
  allowPartialTrustChain: true;
  cert?: string;
  key?: string;
  servername: string;
  rejectUnauthorized: boolean;
  checkServerIdentity: typeof checkServerIdentity;
}

export function tlsOf({ service, ca, insecure }: RemoteGroup, identity: FrontProxyIdentity | undefined): RemoteTls {
  const servername = `${service.name}.${service.namespace}.svc`;
  return {
    ...(ca && { ca }),
    allowPartialTrustChain: true,
    ...identity,
    servername,
    rejectUnauthorized: !insecure,
    // The address is an endpoint's; who it must be is the Service.
    checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
  };
}

/** Who asks, in the words of an authenticating proxy. */
export function userHeaders({ name, uid, groups, extra = {} }: User): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { "x-remote-user": name };
  if (uid) headers["x-remote-uid"] = uid;
  if (groups.length > 0) headers["x-remote-group"] = groups;
  for (const [key, values] of Object.entries(extra)) headers[`x-remote-extra-${headerName(key)}`] = values;
  return headers;
}

/** Letters of a header's name stay; the rest, and the percent sign, are written as percent and two digits. */
function headerName(key: string): string {
  return [...Buffer.from(key.toLowerCase())]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[a-z0-9!#$&'*+.^_`|~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** How this server looks at the others for itself. */
export const aggregator: User = { name: "system:kube-aggregator", groups: ["system:masters"] };
