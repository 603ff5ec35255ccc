/** Files of one volume that stand in each other's way: one path twice, or one below another. Texts are upstream's. */
import type { Volume } from "../../core/volume.ts";

interface Placed {
  path: string;
  /** Of a projected volume: which of its sources; printed beside the path. */
  source: string;
}

export function pathWarnings({ name = "", configMap, secret, downwardAPI, projected }: Volume): string[] {
  const warning = (what: string) => (body: string) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${body}`;
  return [
    ...overlaps(placed(configMap?.items)).map(warning(`ConfigMap ${JSON.stringify(configMap?.name ?? "")}`)),
    ...overlaps(placed(secret?.items)).map(warning(`Secret ${JSON.stringify(secret?.secretName ?? "")}`)),
    ...overlaps(placed(downwardAPI?.items)).map(warning("DownwardAPI")),
    ...projectedWarnings(projected?.sources ?? [], name, warning("Projected")),
  ];
}

type Sources = NonNullable<NonNullable<Volume["projected"]>["sources"]>;

function projectedWarnings(sources: Sources, name: string, warning: (body: string) => string): string[] {
  const seen: Placed[] = [];
  return sources.flatMap((source) => {
    if (Object.keys(source).length === 0) return [`volume ${JSON.stringify(name)} (Projected) has no sources provided`];
    return overlaps(placedOf(source), seen).map(warning);
  });
}

function placedOf({ configMap, secret, downwardAPI, serviceAccountToken: token }: Sources[number]): Placed[] {
  if (configMap?.items) return placed(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? "")}`);
  if (secret?.items) return placed(secret.items, `Secret ${JSON.stringify(secret.name ?? "")}`);
  if (downwardAPI?.items) return placed(downwardAPI.items, "DownwardAPI");
  return token ? [{ path: token.path ?? "", source: "ServiceAccountToken" }] : [];
}

const placed = (items: readonly { path?: string }[] = [], source = ""): Placed[] => items.map(({ path = "" }) => ({ path, source }));

/** Each of `added` against all before it; `seen` grows. */
function overlaps(added: readonly Placed[], seen: Placed[] = []): string[] {
  return added.flatMap(({ path: given, source }) => {
    const own: Placed = { path: given.replace(/\/+$/, ""), source };
    const found = own.path === "" ? [] : seen.filter((other) => other.path !== "" && overlap(own.path, other.path));
    seen.push(own);
    return found.map((other) => `${textOf(own)} with ${textOf(other)}`);
  });
}

const overlap = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
const textOf = ({ path, source }: Placed) => JSON.stringify(path) + (source ? ` (${source})` : "");
