/**
 * Gives Services their cluster addresses and node ports before they are stored, and takes them back when they go. What is
 * given is the store's decision (an IPAddress object, the object of node ports), so any number of servers may do it.
 */
import type { KubeObject, Service, ServicePort } from "#api/mod.ts";
import type { Attributes, Reservation, WriteHook } from "../contract.ts";
import { type FieldProblem, internal, invalid } from "../request/errors.ts";
import type { ClusterIps } from "./cluster-ips.ts";
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
      await claimAddress(ips, service, old, claim, attributes);
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

async function claimAddress(
  ips: ClusterIps,
  { metadata, spec }: Service,
  old: Spec | undefined,
  claim: Claim,
  attributes: Attributes,
): Promise<void> {
  if (!spec) return;
  if (spec.type === "ExternalName") {
    // Nothing of its former life stays.
    if (old && old.type !== "ExternalName")
      for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] as const) delete spec[field];
    return;
  }
  setFamilies(spec, old, attributes);
  if (old && old.type !== "ExternalName" && !spec.clusterIP && old.clusterIP) {
    spec.clusterIP = old.clusterIP;
    spec.clusterIPs = old.clusterIPs;
  }
  const asked = spec.clusterIP || spec.clusterIPs?.[0];
  if (asked === "None" || (old && asked && asked === old.clusterIP)) {
    spec.clusterIP = asked;
    spec.clusterIPs = (asked === old?.clusterIP && old?.clusterIPs) || [asked];
    return;
  }
  let address: string | undefined;
  if (asked) {
    const refuseAsked = (why: string) => refuse(attributes, "spec.clusterIPs", [asked], `failed to allocate IP ${asked}: ${why}`);
    if (!ips.contains(asked)) throw refuseAsked("the provided network does not match the current range");
    if (!(attributes.dryRun ? ips.isFree(asked) : await ips.take(asked, metadata))) throw refuseAsked("provided IP is already allocated");
    address = asked;
  } else address = attributes.dryRun ? ips.peek() : await ips.draw(metadata);
  if (address === undefined)
    throw internal(`failed to allocate a serviceIP for Service ${JSON.stringify(metadata.name ?? "")}: range is full`);
  if (!attributes.dryRun) claim.addresses.push(address);
  spec.clusterIP = address;
  spec.clusterIPs = [address];
}

/** This cluster has one family, IPv4; only a headless Service without selector may name both. */
function setFamilies(spec: Spec, old: Spec | undefined, attributes: Attributes): void {
  const isHeadless = (spec.clusterIP || spec.clusterIPs?.[0]) === "None";
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isHeadless && !hasSelector(spec) ? "RequireDualStack" : "SingleStack");
  if (isHeadless && !hasSelector(spec)) {
    const [first = "IPv4"] = spec.ipFamilies ?? [];
    if (!spec.ipFamilies?.length || (spec.ipFamilies.length === 1 && spec.ipFamilyPolicy !== "SingleStack"))
      spec.ipFamilies = spec.ipFamilyPolicy === "SingleStack" ? [first] : [first, first === "IPv4" ? "IPv6" : "IPv4"];
    return;
  }
  if (spec.ipFamilyPolicy === "RequireDualStack")
    throw refuse(attributes, "spec.ipFamilyPolicy", spec.ipFamilyPolicy, "this cluster is not configured for dual-stack services");
  const foreign = (spec.ipFamilies ?? []).findIndex((family) => family !== "IPv4");
  if (foreign >= 0) throw refuse(attributes, `spec.ipFamilies[${foreign}]`, spec.ipFamilies![foreign], "not configured on this cluster");
  if (!spec.ipFamilies?.length) spec.ipFamilies = ["IPv4"];
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
    if (!ports.contains(port))
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
  (spec.ports ?? []).forEach((port, index) => {
    if (!port.nodePort && wantsPorts) port.nodePort = heldBefore(old, port);
    if (!port.nodePort) {
      delete port.nodePort;
      if (wantsPorts) plan.wanting.push((number) => void (port.nodePort = number));
      return;
    }
    if (!held.has(port.nodePort) && !here.has(port.nodePort))
      plan.asked.push({ port: port.nodePort, field: `spec.ports[${index}].nodePort` });
    here.add(port.nodePort);
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

function heldBefore(old: Spec | undefined, { port, protocol = "TCP" }: ServicePort): number | undefined {
  return old?.ports?.find((each) => each.port === port && (each.protocol ?? "TCP") === protocol)?.nodePort;
}

const hasSelector = (spec: Spec) => Object.keys(spec.selector ?? {}).length > 0;

export function addressesOf(spec: Spec): string[] {
  if (spec.type === "ExternalName") return [];
  return (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== "None" && address !== "" && !address.includes(":"),
  );
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
