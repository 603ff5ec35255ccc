/** Where the content of mirrored volumes comes from: objects, the pod's own fields, tokens. */
import type { ConfigMap, Pod, Secret } from "#api/mod.ts";

export interface Sources {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string>;
  /** Of the node: one of each family, the first is its own. */
  hostIps: readonly string[];
  /** What a path of the node (`hostPath`) is on this machine. */
  nodePath(path: string): string;
  /** Of the node; false as well when nothing is there. */
  isBlockDevice(path: string): Promise<boolean>;
  /** Where a CSI driver puts the device of a volume for a pod. */
  csiDevice(uid: string, specName: string): string;
  /** What the node has: the default of limits.cpu and limits.memory. */
  allocatable(): Record<string, string>;
}

/** An object's keys as bytes; undefined when there is no such object. */
export type Data = Record<string, Buffer> | undefined;

export function configMapData(map: ConfigMap | undefined): Data {
  if (!map) return undefined;
  const text = Object.entries(map.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(map.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const);
  return Object.fromEntries([...text, ...binary]);
}

export function secretData(secret: Secret | undefined): Data {
  return secret && Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}
