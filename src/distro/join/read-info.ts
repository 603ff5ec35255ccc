/** Reads the kubeconfig of `cluster-info`: one cluster, by whichever distribution it was written. */
import { parseYaml } from "#codec/mod.ts";

export function readKubeconfigText(text: string): { server: string; ca: string } {
  const config = parseYaml(text).documents[0]?.value as { clusters?: { cluster?: Record<string, unknown> }[] } | undefined;
  const cluster = config?.clusters?.[0]?.cluster;
  const [server, data] = [cluster?.server, cluster?.["certificate-authority-data"]];
  if (typeof server !== "string" || !/^https:\/\//.test(server) || typeof data !== "string" || data === "")
    throw new Error("kube-public/cluster-info names no cluster with an address and an authority");
  return { server, ca: Buffer.from(data, "base64").toString() };
}
