/** Authorities that Gateways and policies believe: PEM in the key `ca.crt` of ConfigMaps. Pure. */
import { X509Certificate } from "node:crypto";
import type { ConfigMap } from "#api/mod.ts";
import { isGranted } from "../grants.ts";
import { group, type ObjectReference, type ReferenceGrant } from "../kinds.ts";

export interface AuthorityWorld {
  grants: readonly ReferenceGrant[];
  configMap(key: string): ConfigMap | undefined;
}

export interface Authorities {
  /** Of all that can be used; undefined: none can. */
  pem: string | undefined;
  /** What is wrong with the first that cannot. */
  bad: { why: string; of: "reference" | "kind" | "grant" } | undefined;
}

export function authoritiesOf(
  refs: readonly ObjectReference[],
  from: { kind: string; namespace: string },
  world: AuthorityWorld,
): Authorities {
  const read = refs.map((ref) => authorityOf(ref, from, world));
  const good = read.flatMap((each) => ("pem" in each ? each.pem : []));
  return { pem: good.length > 0 ? good.join("\n") : undefined, bad: read.find((each) => "why" in each) };
}

type One = { pem: string } | NonNullable<Authorities["bad"]>;

function authorityOf(ref: ObjectReference, { kind, namespace: own }: { kind: string; namespace: string }, world: AuthorityWorld): One {
  const namespace = ref.namespace ?? own;
  const key = `${namespace}/${ref.name}`;
  const bad = (of: "reference" | "kind" | "grant", why: string) => ({ of, why: `authority ${key}: ${why}` });
  if ((ref.group ?? "") !== "" || (ref.kind ?? "ConfigMap") !== "ConfigMap")
    return bad("kind", `${ref.kind} is no kind of it: ConfigMap is`);
  const to = { group: "", kind: "ConfigMap", namespace, name: ref.name };
  if (!isGranted(world.grants, { from: { group, kind, namespace: own }, to }))
    return bad("grant", `no ReferenceGrant of its namespace lets this ${kind} use it`);
  const pem = world.configMap(key)?.data?.["ca.crt"];
  if (!pem) return bad("reference", "there is no such ConfigMap with a key ca.crt");
  return areCertificates(pem) ? { pem } : bad("reference", "its ca.crt has something else than certificates");
}

/** Asked at every change of anything: remembered by what is in it. */
const checked = new Map<string, boolean>();
const mostChecked = 256;

function areCertificates(pem: string): boolean {
  let known = checked.get(pem);
  if (known === undefined) {
    if (checked.size >= mostChecked) checked.clear();
    checked.set(pem, (known = judge(pem)));
  }
  return known;
}

function judge(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return false;
  }
  return blocks.length > 0;
}
