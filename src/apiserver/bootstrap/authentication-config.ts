/** Tells extension servers which client certificates and which front proxy to believe: kube-system/extension-apiserver-authentication. */
import { type ConfigMap, configmaps } from "#api/mod.ts";
import type { RequestHeaders } from "../authn/front-proxy.ts";
import type { Storage } from "../contract.ts";

const ref = { namespace: "kube-system", name: "extension-apiserver-authentication" };

export async function publishAuthentication(
  storage: Storage,
  clientCa: string | undefined,
  frontProxyCa: string | undefined,
  { allowedNames, extraPrefixes, groups, uids, names }: RequestHeaders,
): Promise<void> {
  const data: Record<string, string> = {};
  if (clientCa) data["client-ca-file"] = clientCa;
  if (frontProxyCa)
    Object.assign(data, {
      "requestheader-allowed-names": JSON.stringify(allowedNames),
      "requestheader-client-ca-file": frontProxyCa,
      "requestheader-extra-headers-prefix": JSON.stringify(extraPrefixes),
      "requestheader-group-headers": JSON.stringify(groups),
      "requestheader-uid-headers": JSON.stringify(uids),
      "requestheader-username-headers": JSON.stringify(names),
    });
  if (Object.keys(data).length === 0) return;
  const stored = storage.get(configmaps, ref) as ConfigMap | undefined;
  if (!stored) await storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: ref, data } as ConfigMap);
  else if (JSON.stringify(stored.data) !== JSON.stringify(data))
    await storage.update(configmaps, ref, (current) => ({ ...current, data }) as ConfigMap);
}
