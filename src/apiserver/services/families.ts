/**
 * Which families a Service gets, from what was asked, what it had, and what the cluster has: upstream's defaults, and its
 * refusals where these do not go together. Nothing is taken here.
 */
import { checkClusterIps, Problems, type Service } from "#api/mod.ts";
import { type Family, familyOf, otherFamily } from "#base/mod.ts";

type Spec = NonNullable<Service["spec"]>;

/** Brings `clusterIP` and `clusterIPs` together, whichever of them the client knows. */
export function normalizeClusterIps(spec: Spec, old: Spec | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.clusterIPs ?? [];
  if (before.length > 0 && !spec.clusterIPs?.length && old.clusterIP === spec.clusterIP) spec.clusterIPs = before;
  if ((old.clusterIP ?? "") === (spec.clusterIP ?? "") || !isSame(before, spec.clusterIPs)) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** A client that leaves out what it was given gets it again. */
export function keepClusterIps(spec: Spec, old: Spec): void {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return;
  if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
  if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = old.clusterIPs;
}

/**
 * A Service that prefers two families, and of which neither addresses nor families were touched, stays as it is: it does
 * not follow a cluster that gets a second family, or loses one.
 */
export function staysAsItIs(spec: Spec, old: Spec | undefined): boolean {
  if (!old || old.type !== spec.type || spec.type === "ExternalName") return false;
  const prefer = "PreferDualStack";
  if (spec.ipFamilyPolicy !== prefer || (old.ipFamilyPolicy ?? prefer) !== prefer) return false;
  return isSame(old.clusterIPs, spec.clusterIPs) && isSame(old.ipFamilies, spec.ipFamilies);
}

/** Sets `ipFamilyPolicy` and `ipFamilies`. What is wrong is told, and then they are not to be used. */
export function chooseFamilies(spec: Spec, old: Spec | undefined, configured: readonly [Family, ...Family[]]): Problems {
  const problems = new Problems();
  if (spec.type === "ExternalName" || staysAsItIs(spec, old)) return problems;
  const isBare = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isBare ? "RequireDualStack" : "SingleStack");
  checkClusterIps(spec, problems);
  if (problems.list.length > 0) return problems;
  if (old) takeBack(spec, old, problems);
  inferFamilies(spec, configured, problems);
  if (problems.list.length > 0) return problems;
  const policy = spec.ipFamilyPolicy;
  const families = spec.ipFamilies ?? [];
  // Nobody gives addresses to a headless Service without selector: it may name families that the cluster does not have.
  if (!isBare) {
    if (policy === "RequireDualStack" && configured.length < 2)
      problems.invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services");
    for (const [i, family] of families.entries())
      if (!configured.includes(family as Family)) problems.invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster");
    if (problems.list.length > 0) return problems;
  }
  const [first = configured[0]] = families as Family[];
  const both = policy !== "SingleStack" && (isBare || configured.length === 2);
  spec.ipFamilies = families.length < 2 && both ? [first, otherFamily(first)] : families.length > 0 ? families : [first];
  return problems;
}

/** A policy of one family is clear intent where the rest was left alone; two families are not given up without it. */
function takeBack(spec: Spec, old: Spec, problems: Problems): void {
  const [ips, families] = [spec.clusterIPs ?? [], spec.ipFamilies ?? []];
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (ips.length > 1 && isSame(old.clusterIPs, ips)) spec.clusterIPs = ips.slice(0, 1);
    if (families.length > 1 && isSame(old.ipFamilies, families)) spec.ipFamilies = families.slice(0, 1);
    return;
  }
  const refuse = (what: string) =>
    problems.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  if (ips.length > 0 && ips.length < (old.clusterIPs ?? []).length) refuse("cluster IP");
  if (families.length > 0 && families.length < (old.ipFamilies ?? []).length) refuse("IP family");
}

function inferFamilies(spec: Spec, configured: readonly Family[], problems: Problems): void {
  const [ips, families] = [spec.clusterIPs ?? [], spec.ipFamilies ?? []];
  if (spec.ipFamilyPolicy === "SingleStack") {
    const refuse = (what: string) =>
      problems.invalid(
        "spec.ipFamilyPolicy",
        spec.ipFamilyPolicy,
        `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
      );
    if (ips.length === 2) refuse("cluster IPs");
    if (families.length === 2) refuse("IP families");
  }
  for (const [i, ip] of ips.entries()) {
    if (ip === "None") break;
    if (i < families.length) continue;
    const family = familyOf(ip);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else problems.invalid(`spec.clusterIPs[${i}]`, ips, `${family} is not configured on this cluster`);
  }
}

function isSame(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
