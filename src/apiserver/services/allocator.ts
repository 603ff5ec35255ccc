/**
 * Gives Services their cluster addresses and node ports before they are stored, and takes them back when they go. What is
 * given is the store's decision (an IPAddress object, the object of node ports), so any number of servers may do it.
 */
import { type KubeObject, type Service, type ServicePort, statusOfInvalid } from "#api/mod.ts";
import { canonical, type Family } from "#base/mod.ts";
import type { Attributes, Reservation, WriteHook } from "../contract.ts";
import { ApiError, type FieldProblem, failure, internal, invalid } from "../request/errors.ts";
import type { ClusterIps } from "./cluster-ips.ts";
import { chooseFamilies, keepClusterIps, normalizeClusterIps, staysAsItIs } from "./families.ts";
import type { NodePorts } from "./node-ports.ts";

type Spec = NonNullable<Service["spec"]>;

/** What a write took: given back when the write fails. */
interface Claim {
  addresses: string[];
  ports: number[];
}

export function serviceAllocator(ips: ClusterIps, ports: NodePorts): WriteHook {
  const free = async ({ addresses, ports: numbers }: Claim) => {
    await Promise.all([ips.give(addresses), ports.give(numbers)]);
  };
  return async (attributes): Promise<Reservation | undefined> => {
    const old = (attributes.oldObject as Service | undefined)?.spec;
    if (attributes.operation === "DELETE")
      return old ? { commit: () => free({ addresses: addressesOf(old), ports: portsOf(old) }) } : undefined;
    const service = attributes.object as Service | undefined;
    if (attributes.subresource || !service?.spec) return undefined;
    const claim: Claim = { addresses: [], ports: [] };
    try {
      await claimAddresses(ips, service, old, claim, attributes);
      await claimPorts(ports, service.spec, old, claim, attributes);
    } catch (error) {
      await free(claim);
      throw error;
    }
    if (attributes.dryRun) return undefined;
    const [addressesNow, portsNow] = [addressesOf(service.spec), portsOf(service.spec)];
    const gone: Claim = {
      addresses: old ? addressesOf(old).filter((address) => !addressesNow.includes(address)) : [],
      ports: old ? portsOf(old).filter((port) => !portsNow.includes(port)) : [],
    };
    return { commit: () => free(gone), release: () => free(claim) };
  };
}

async function claimAddresses(
  ips: ClusterIps,
  { metadata, spec }: Service,
  old: Spec | undefined,
  claim: Claim,
  attributes: Attributes,
): Promise<void> {
  if (!spec) return;
  if (old) keepClusterIps(spec, old);
  normalizeClusterIps(spec, old);
  if (spec.type === "ExternalName") {
    // What is no policy is left to the checks.
    if (["Cluster", "Local"].includes(spec.internalTrafficPolicy ?? "")) delete spec.internalTrafficPolicy;
    return;
  }
  const { list } = chooseFamilies(spec, old, ips.families);
  if (list.length > 0) throw new ApiError(statusOfInvalid("Service", "", metadata.name ?? attributes.name, list));
  const had = old && old.type !== "ExternalName" ? old : undefined;
  if (spec.clusterIPs?.[0] === "None" || had?.clusterIPs?.[0] === "None" || staysAsItIs(spec, old)) return;
  const families = (spec.ipFamilies ?? []) as Family[];
  // Of a Service that had addresses, only a second one is new.
  const from = had ? 1 : 0;
  if (had && !((had.ipFamilies ?? []).length === 1 && families.length === 2)) return;
  const addresses = families.map((_, i) => spec.clusterIPs?.[i] ?? "");
  spec.clusterIPs = addresses;
  for (let i = from; i < families.length; i++) {
    const address = await claimAddress(ips, families[i]!, addresses, i, attributes, metadata);
    if (!attributes.dryRun) claim.addresses.push(address);
    addresses[i] = address;
  }
  spec.clusterIP = addresses[0]!;
}

async function claimAddress(
  ips: ClusterIps,
  family: Family,
  all: readonly string[],
  at: number,
  attributes: Attributes,
  owner: KubeObject["metadata"],
): Promise<string> {
  const asked = all[at];
  if (!asked) {
    const drawn = attributes.dryRun ? ips.peek(family) : await ips.draw(family, owner);
    if (drawn !== undefined) return drawn;
    throw internal(`failed to allocate a serviceIP for Service ${JSON.stringify(owner.name ?? "")}: range is full`);
  }
  const refuseAsked = (why: string) => refuse(attributes, "spec.clusterIPs", all, `failed to allocate IP ${asked}: ${why}`);
  if (!ips.contains(asked)) throw refuseAsked("the provided network does not match the current range");
  if (!(attributes.dryRun ? ips.isFree(asked) : await ips.take(asked, owner))) throw refuseAsked("provided IP is already allocated");
  return asked;
}

/** What a Service needs of node ports, before anything is taken. */
interface PortPlan {
  /** Asked for, with the field that asks. */
  asked: { port: number; field: string }[];
  /** Each gets one port. */
  wanting: ((port: number) => void)[];
}

async function claimPorts(ports: NodePorts, spec: Spec, old: Spec | undefined, claim: Claim, attributes: Attributes): Promise<void> {
  const { asked, wanting } = planPorts(spec, old);
  for (const { port, field } of asked)
    if (!attributes.dryRun && !ports.contains(port))
      throw refuse(attributes, field, port, `provided port is not in the valid range. The range of valid ports is ${ports.text}`);
  const numbers = asked.map(({ port }) => port);
  const claimed = attributes.dryRun ? ports.tryClaim(numbers, wanting.length) : await ports.claim(numbers, wanting.length);
  if (claimed === "full") throw internal("failed to allocate a nodePort: range is full");
  if ("taken" in claimed) {
    const { port, field } = asked.find(({ port }) => port === claimed.taken)!;
    throw refuse(attributes, field, port, "provided port is already allocated");
  }
  claimed.drawn.forEach((port, i) => wanting[i]!(port));
  if (!attributes.dryRun) claim.ports.push(...numbers, ...claimed.drawn);
}

function planPorts(spec: Spec, old: Spec | undefined): PortPlan {
  const plan: PortPlan = { asked: [], wanting: [] };
  const wantsPorts = spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
  const held = new Set(old ? portsOf(old) : []);
  if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") {
    // Going back to a plain Service drops the ports that were given, unless the user set others.
    for (const port of spec.ports ?? []) if (port.nodePort && held.has(port.nodePort)) delete port.nodePort;
    if (spec.healthCheckNodePort && spec.healthCheckNodePort === old?.healthCheckNodePort) delete spec.healthCheckNodePort;
    return plan;
  }
  // One number may serve two protocols of one Service.
  const here = new Set<number>();
  const said = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  const pairs = new Set<string>();
  (spec.ports ?? []).forEach((port, index) => {
    if (!port.nodePort && wantsPorts) port.nodePort = heldBefore(old, port, said);
    if (!port.nodePort) {
      delete port.nodePort;
      if (wantsPorts) plan.wanting.push((number) => void (port.nodePort = number));
      return;
    }
    if (!held.has(port.nodePort) && !here.has(port.nodePort))
      plan.asked.push({ port: port.nodePort, field: `spec.ports[${index}].nodePort` });
    here.add(port.nodePort);
    const pair = `${port.protocol ?? "TCP"} ${port.nodePort}`;
    if (old && pairs.has(pair)) throw failure(500, "", `duplicate nodePort: {${pair}}`);
    pairs.add(pair);
  });
  const needsCheck = spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
  if (!needsCheck) {
    if (spec.healthCheckNodePort && spec.healthCheckNodePort === old?.healthCheckNodePort) delete spec.healthCheckNodePort;
    return plan;
  }
  spec.healthCheckNodePort ||= old?.healthCheckNodePort;
  if (!spec.healthCheckNodePort) plan.wanting.push((number) => void (spec.healthCheckNodePort = number));
  else if (spec.healthCheckNodePort !== old?.healthCheckNodePort)
    plan.asked.push({ port: spec.healthCheckNodePort, field: "spec.healthCheckNodePort" });
  return plan;
}

/** That of the port of the same name, unless another one of the Service says it now. */
function heldBefore(old: Spec | undefined, { name = "" }: ServicePort, said: ReadonlySet<number | undefined>): number | undefined {
  const before = old?.ports?.findLast((each) => (each.name ?? "") === name)?.nodePort;
  return said.has(before) ? undefined : before;
}

/** In their one spelling, by which their IPAddress objects are named. */
export function addressesOf(spec: Spec): string[] {
  if (spec.type === "ExternalName") return [];
  const all = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  return all.filter((address) => address !== "None" && address !== "").map(canonical);
}

export function portsOf(spec: Spec): number[] {
  const ports = (spec.ports ?? []).flatMap((port) => port.nodePort || []);
  return [...new Set(spec.healthCheckNodePort ? [...ports, spec.healthCheckNodePort] : ports)];
}

function refuse(attributes: Attributes, field: string, value: unknown, detail: string) {
  const body = `Invalid value: ${JSON.stringify(value)}: ${detail}`;
  const problem: FieldProblem = { type: "FieldValueInvalid", field, message: `${field}: ${body}`, body };
  return invalid({ group: "", resource: "Service" }, (attributes.object as KubeObject).metadata.name ?? attributes.name, [problem]);
}
