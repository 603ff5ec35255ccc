/** Tokens that nodes join with: they sign what `kube-public/cluster-info` tells newcomers, and are deleted when they have run out. */
import { createHmac } from "node:crypto";
import { type ConfigMap, configmaps, type Secret, secrets } from "#api/mod.ts";
import { again, reconciler, remove, type Step, update, via } from "#client/mod.ts";

const namespace = "kube-system";
const type = "bootstrap.kubernetes.io/token";
const prefix = "bootstrap-token-";
const signature = "jws-kubeconfig-";
const mapKey = "kube-public/cluster-info";

const isToken = (secret: Secret | undefined) => secret?.type === type && secret.metadata.namespace === namespace;
const dataOf = ({ data }: Secret, key: string) => Buffer.from(data?.[key] ?? "", "base64").toString();

/** Undefined: it does not run out. What is no time has run out. */
export function endOf(secret: Secret): number | undefined {
  const text = dataOf(secret, "expiration");
  if (text === "") return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : at;
}

export const tokenCleaning = reconciler<Secret, Secret>({
  name: "token-cleaner-controller",
  account: "token-cleaner",
  workers: 1,
  of: secrets,
  when: ({ type, object }) => type !== "deleted" && isToken(object),
  see: (key, caches) => caches.get(secrets, key),
  plan: planCleaning,
});

export function planCleaning(secret: Secret, nowMs: number): Step[] {
  const end = endOf(secret);
  if (end === undefined || secret.metadata.deletionTimestamp) return [];
  return end <= nowMs ? [remove(secrets, secret)] : [again(end - nowMs)];
}

export interface SeenInfo {
  map: ConfigMap;
  tokens: readonly Secret[];
}

export const clusterInfoSigning = reconciler<ConfigMap, SeenInfo>({
  name: "bootstrap-signer-controller",
  account: "bootstrap-signer",
  workers: 1,
  of: configmaps,
  when: ({ type, object: { metadata } }) => type !== "deleted" && `${metadata.namespace}/${metadata.name}` === mapKey,
  also: [
    via(
      secrets,
      () => [mapKey],
      ({ object, old }) => isToken(object) || isToken(old),
    ),
  ],
  see(_, caches) {
    const map = caches.get(configmaps, mapKey);
    return map && { map, tokens: caches.list(secrets).filter(isToken) };
  },
  plan: planSignatures,
});

export function planSignatures({ map, tokens }: SeenInfo, nowMs: number): Step[] {
  const content = map.data?.kubeconfig;
  if (content === undefined) return [];
  const good = tokens.filter((token) => signs(token, nowMs));
  const others = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signature));
  const signed = good.map((token) => [signature + dataOf(token, "token-id"), detached(content, token)]);
  const data = Object.fromEntries([...others, ...signed]) as Record<string, string>;
  const same =
    Object.keys(data).length === Object.keys(map.data ?? {}).length &&
    Object.entries(data).every(([key, value]) => map.data?.[key] === value);
  const ends = good.flatMap((token) => endOf(token) ?? []);
  return [...(same ? [] : [update(configmaps, { ...map, data })]), ...(ends.length > 0 ? [again(Math.min(...ends) - nowMs)] : [])];
}

function signs(token: Secret, nowMs: number): boolean {
  const id = dataOf(token, "token-id");
  const end = endOf(token);
  return (
    id !== "" &&
    token.metadata.name === prefix + id &&
    dataOf(token, "token-secret") !== "" &&
    dataOf(token, "usage-bootstrap-signing") === "true" &&
    (end === undefined || end > nowMs)
  );
}

/** A JWS without its payload: who knows the secret can tell that the payload beside it is the cluster's. */
function detached(content: string, token: Secret): string {
  const part = (text: string) => Buffer.from(text).toString("base64url");
  const header = part(JSON.stringify({ alg: "HS256", kid: dataOf(token, "token-id") }));
  const mac = createHmac("sha256", dataOf(token, "token-secret"))
    .update(`${header}.${part(content)}`)
    .digest("base64url");
  return `${header}..${mac}`;
}
