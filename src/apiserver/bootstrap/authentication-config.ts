/** Tells extension servers which client certificates and which front proxy to believe: kube-system/extension-apiserver-authentication. */
import { type ConfigMap, configmaps } from "#api/mod.ts";
import type { Storage } from "../contract.ts";

const ref = { namespace: "kube-system", name: "extension-apiserver-authentication" };

export async function publishAuthentication(
  storage: Storage,
  clientCa: string | undefined,
  frontProxyCa: string | undefined,
): Promise<void> {
  const data: Record<string, string> = {};
  if (clientCa) data["client-ca-file"] = clientCa;
  if (frontProxyCa)
    Object.assign(data, {
      "requestheader-allowed-names": '["front-proxy-client"]',
      "requestheader-client-ca-file": frontProxyCa,
      "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
      "requestheader-group-headers": '["X-Remote-Group"]',
      "requestheader-uid-headers": '["X-Remote-Uid"]',
      "requestheader-username-headers": '["X-Remote-User"]',
    });
  if (Object.keys(data).length === 0) return;
  const stored = storage.get(configmaps, ref) as ConfigMap | undefined;
  if (!stored) await storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: ref, data } as ConfigMap);
  else if (JSON.stringify(stored.data) !== JSON.stringify(data))
    await storage.update(configmaps, ref, (current) => ({ ...current, data }) as ConfigMap);
}
