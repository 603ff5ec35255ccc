/** A pod's claims decide where it can run: they must have devices that the node reaches, or get some there before the pod is bound. */
import type { AllocationResult, Pod, ResourceV1ResourceClaim } from "#api/mod.ts";
import { claimNameOf, isControlledBy, isReservedFor, matchesNodeTerm, type NodeFacts } from "#client/mod.ts";
import { allocator, InvalidPools } from "../devices/allocate.ts";
import { isLost } from "../devices/binding.ts";
import type { Devices } from "../devices/book.ts";
import { Inventory } from "../devices/pools.ts";
import { Taken } from "../devices/taken.ts";
import { nameOf } from "../devices/ways.ts";
import { type Plugin, scaleToMax } from "../plugin.ts";
import type { Labels } from "../pod-info.ts";

type Claim = ResourceV1ResourceClaim;

export const notOnNode = "resourceclaim not available on the node";
/** Upstream's most ways of one request: the first counts so much. */
const mostWays = 8;
const adminLabel = "resource.kubernetes.io/admin-access";

export function dynamicResources(devices: Devices): Plugin {
  return {
    name: "DynamicResources",
    weight: 0,
    changes: ["node-added", "node-updated", "devices-changed"],
    prepare({ pod, namespace }, cluster) {
      if (!pod.spec?.resourceClaims?.length) return undefined;
      const claims = claimsOf(pod, devices);
      if (typeof claims === "string") return claims;
      if (claims.length === 0) return undefined;
      const wanting = claims.filter(({ status }) => !status?.allocation);
      const given = claims.filter(({ status }) => status?.allocation);
      const problem = problemOf(wanting, devices, cluster.namespaceLabels.get(namespace));
      if (problem) return problem;
      const isLateAnywhere = given.some((claim) => isLost(claim, devices.now()));
      const { inventory, taken, newShare } = devices;
      const find = allocator({ claims: wanting, classNamed: (name) => devices.class(name), inventory, taken, newShare });
      const found = new Map<string, AllocationResult[]>();
      const ways = wanting.concat(given).some(hasWays);
      const of = (node: NodeFacts) => given.map(({ status }) => status!.allocation!).concat(found.get(node.name) ?? []);
      return {
        filter(row) {
          if (isLateAnywhere || !given.every((claim) => reaches(claim, row))) return refused(notOnNode);
          try {
            const allocations = wanting.length > 0 ? find(row) : [];
            if (!allocations) return refused("cannot allocate all claims");
            found.set(row.name, allocations);
            return undefined;
          } catch (cause) {
            if (cause instanceof InvalidPools) return refused(cause.message);
            throw new Error(`running "DynamicResources" filter plugin: ${(cause as Error).message}`, { cause });
          }
        },
        ...(ways
          ? {
              score: (row) => of(row).reduce((sum, each, index) => sum + scoreOf([...given, ...wanting][index]!, each), 0),
              normalize: (scores, fitting) => scaleToMax(scores, fitting),
            }
          : {}),
        claims(row) {
          const allocations = found.get(row.name) ?? [];
          const allocate = wanting.map((claim, index) => ({ claim, allocation: allocations[index]! }));
          return { allocate, reserve: given.filter((claim) => !isReservedFor(claim, pod)) };
        },
      };
    },
  };
}

const refused = (reason: string) => ({ reasons: [reason], final: true });
const hasWays = ({ spec }: Claim) => spec?.devices?.requests?.some((each) => each.firstAvailable?.length) === true;

const reaches = ({ status }: Claim, node: NodeFacts) => {
  const terms = status?.allocation?.nodeSelector?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesNodeTerm(term, node));
};

/** The claims that a pod needs; or why it cannot be tried yet: that is silent, and what it waits for will come. */
export function claimsOf(pod: Pod, devices: Pick<Devices, "claim">): Claim[] | string {
  const { namespace = "", name: podName } = pod.metadata;
  const claims: Claim[] = [];
  for (const podClaim of pod.spec?.resourceClaims ?? []) {
    const name = claimNameOf(pod, podClaim);
    if (name === undefined) return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    if (name === "") continue;
    const claim = devices.claim(namespace, name);
    if (!claim) return `could not find claim "${namespace}/${name}"`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    if (podClaim.resourceClaimName === undefined && !isControlledBy(claim, pod))
      return `ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    claims.push(claim);
  }
  return [...new Set(claims)];
}

function problemOf(claims: readonly Claim[], devices: Devices, labels: Labels = {}): string | undefined {
  for (const claim of claims) {
    if (devices.isPending(claim)) return `resource claim ${nameOf(claim)} is in the process of being allocated`;
    for (const { name, exactly, firstAvailable } of claim.spec?.devices?.requests ?? []) {
      if (!exactly && !firstAvailable?.length) return `resource claim ${nameOf(claim)}, request ${name}: unknown request type`;
      // The server is to refuse it; until it does, nothing else stands between a namespace and the devices of others.
      if (exactly?.adminAccess && labels[adminLabel] !== "true")
        return `resource claim ${nameOf(claim)}, request ${name}: admin access to devices requires the \`${adminLabel}: true\` label on the containing namespace`;
      const asked = exactly ? [[name, exactly] as const] : (firstAvailable ?? []).map((way) => [`${name}/${way.name}`, way] as const);
      for (const [ref, { deviceClassName = "" }] of asked)
        if (!devices.class(deviceClassName)) return `request ${ref}: device class ${deviceClassName} does not exist`;
    }
  }
  return undefined;
}

/** The better the ways that were found for requests with several. */
function scoreOf({ spec }: Claim, { devices }: AllocationResult): number {
  const refs = new Set((devices?.results ?? []).map(({ request }) => request));
  let score = 0;
  for (const { name, firstAvailable = [] } of spec?.devices?.requests ?? [])
    firstAvailable.forEach((way, index) => {
      if (refs.has(`${name}/${way.name}`)) score += mostWays - index;
    });
  return score;
}

/** A claim of the pod with devices that some node does not reach, and that nobody else uses. */
export function stuckClaim(pod: Pod, nodes: Iterable<NodeFacts>, devices: Devices): Claim | undefined {
  const claims = claimsOf(pod, devices);
  if (typeof claims === "string") return undefined;
  const isFree = ({ status }: Claim) => status?.reservedFor?.every(({ uid }) => uid === pod.metadata.uid) !== false;
  const all = [...nodes];
  return claims.find(
    (claim) => claim.status?.allocation && isFree(claim) && (isLost(claim, devices.now()) || !all.every((node) => reaches(claim, node))),
  );
}

/** Of a scheduler that follows no devices: claims are not there. */
export const noDevices: Devices = {
  claim: () => undefined,
  class: () => undefined,
  isPending: () => false,
  inventory: new Inventory([]),
  taken: new Taken(),
  newShare: () => "",
  now: () => 0,
};
