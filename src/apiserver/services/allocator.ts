/** Gives Services their cluster addresses and node ports before they are stored, and takes them back when they go. */
import { ipaddresses, type KubeObject, type Service, type ServicePort, services } from "#api/mod.ts";
import type { Random } from "#base/mod.ts";
import type { Attributes, Reservation, Storage, WriteHook } from "../contract.ts";
import { ApiError, type FieldProblem, internal, invalid } from "../request/errors.ts";
import { ipAddressFor } from "./ip-addresses.ts";
import { Range, toAddress, toNumber } from "./range.ts";

export interface AllocatorOptions {
  /** `10.96.0.0/16`. */
  serviceRange: string;
  nodePorts: { first: number; last: number };
  random: Random;
}

type Spec = NonNullable<Service["spec"]>;

export class ServiceAllocator {
  readonly #addresses: Range;
  readonly #ports: Range;
  readonly #range: string;
  readonly #portsText: string;

  constructor({ serviceRange, nodePorts, random }: AllocatorOptions) {
    const [base = "", bits = "16"] = serviceRange.split("/");
    const size = 2 ** (32 - Number(bits)) - 2;
    // The lower band is for addresses that are asked for: at least 16, at most 256, a sixteenth of the range.
    const reserved = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    this.#range = serviceRange;
    this.#addresses = new Range({ first: toNumber(base) + 1, size, reserved: size < 32 ? 0 : reserved, random });
    const portCount = nodePorts.last - nodePorts.first + 1;
    const portBand = Math.min(Math.max(16, Math.floor(portCount / 32)), 128);
    this.#ports = new Range({ first: nodePorts.first, size: portCount, reserved: portBand, random });
    this.#portsText = `${nodePorts.first}-${nodePorts.last}`;
  }

  /** Takes what stored Services have. */
  start(storage: Storage): void {
    for (const object of storage.list(services)) {
      const spec = (object as Service).spec ?? {};
      for (const address of addressesOf(spec)) this.#addresses.take(toNumber(address));
      for (const port of portsOf(spec)) this.#ports.take(port);
    }
  }

  /** Writes the IPAddress objects that are missing, as after a crash between the two writes. */
  async repair(storage: Storage): Promise<void> {
    const all = storage.list(services) as Service[];
    await Promise.all(all.flatMap(({ metadata, spec = {} }) => addressesOf(spec).map((address) => own(storage, address, metadata))));
  }

  readonly hook: WriteHook = (attributes, storage): Reservation | undefined => {
    const old = (attributes.oldObject as Service | undefined)?.spec;
    const free = async (addresses: string[], ports: number[]) => {
      await Promise.all(addresses.map((name) => storage.delete(ipaddresses, { name })));
      this.#release(addresses, ports);
    };
    if (attributes.operation === "DELETE") return old ? { commit: () => free(addressesOf(old), portsOf(old)) } : undefined;
    if (attributes.subresource) return undefined;
    const service = attributes.object as Service | undefined;
    if (!service?.spec) return undefined;
    const claim = new Claim();
    try {
      this.#addressesFor(service, old, claim, attributes);
      this.#portsFor(service, old, claim, attributes);
    } catch (error) {
      this.#release(claim.addresses, claim.ports);
      throw error;
    }
    const goneAddresses = old ? addressesOf(old).filter((address) => !addressesOf(service.spec!).includes(address)) : [];
    const gonePorts = old ? portsOf(old).filter((port) => !portsOf(service.spec!).includes(port)) : [];
    if (attributes.dryRun) {
      this.#release(claim.addresses, claim.ports);
      return undefined;
    }
    return {
      commit: async () => {
        await Promise.all(claim.addresses.map((address) => own(storage, address, service.metadata)));
        await free(goneAddresses, gonePorts);
      },
      release: () => this.#release(claim.addresses, claim.ports),
    };
  };

  #release(addresses: readonly string[], ports: readonly number[]): void {
    for (const address of addresses) this.#addresses.give(toNumber(address));
    for (const port of ports) this.#ports.give(port);
  }

  #addressesFor(service: Service, old: Spec | undefined, claim: Claim, attributes: Attributes): void {
    const spec = service.spec!;
    if (spec.type === "ExternalName") {
      // Nothing of its former life stays.
      if (old && old.type !== "ExternalName") {
        delete spec.clusterIP;
        delete spec.clusterIPs;
        delete spec.ipFamilies;
        delete spec.ipFamilyPolicy;
        delete spec.internalTrafficPolicy;
      }
      return;
    }
    this.#familiesFor(spec, old, attributes);
    if (old && old.type !== "ExternalName" && !spec.clusterIP && old.clusterIP) {
      spec.clusterIP = old.clusterIP;
      spec.clusterIPs = old.clusterIPs;
    }
    const asked = spec.clusterIP || spec.clusterIPs?.[0];
    if (asked === "None") {
      spec.clusterIP = "None";
      spec.clusterIPs = ["None"];
      return;
    }
    if (old && asked && asked === old.clusterIP) {
      spec.clusterIP = asked;
      spec.clusterIPs = old.clusterIPs ?? [asked];
      return;
    }
    const address = asked ?? this.#drawAddress();
    if (asked) {
      if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(asked) || !this.#addresses.contains(toNumber(asked)))
        throw refuse(
          attributes,
          "spec.clusterIPs",
          [asked],
          `failed to allocate IP ${asked}: the provided network does not match the current range`,
        );
      if (!this.#addresses.take(toNumber(asked)))
        throw refuse(attributes, "spec.clusterIPs", [asked], `failed to allocate IP ${asked}: provided IP is already allocated`);
    }
    claim.addresses.push(address);
    spec.clusterIP = address;
    spec.clusterIPs = [address];
  }

  /** This cluster has one family, IPv4; only a headless Service without selector may name both. */
  #familiesFor(spec: Spec, old: Spec | undefined, attributes: Attributes): void {
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

  #drawAddress(): string {
    const value = this.#addresses.draw();
    if (value === undefined) throw internal(`failed to allocate a serviceIP: range is full`);
    return toAddress(value);
  }

  #portsFor(service: Service, old: Spec | undefined, claim: Claim, attributes: Attributes): void {
    const spec = service.spec!;
    const wantsPorts = spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
    const mayHave = spec.type === "NodePort" || spec.type === "LoadBalancer";
    if (!mayHave) {
      // Going back to a plain Service drops the ports that were given, unless the user set others.
      const before = new Set(old ? portsOf(old) : []);
      for (const port of spec.ports ?? []) if (port.nodePort && before.has(port.nodePort)) delete port.nodePort;
      if (spec.healthCheckNodePort && spec.healthCheckNodePort === old?.healthCheckNodePort) delete spec.healthCheckNodePort;
      return;
    }
    const held = new Set(old ? portsOf(old) : []);
    const inherit = (port: ServicePort) =>
      old?.ports?.find((each) => each.port === port.port && (each.protocol ?? "TCP") === (port.protocol ?? "TCP"))?.nodePort;
    // One number may serve two protocols of one Service.
    const here = new Map<number, Set<string>>();
    (spec.ports ?? []).forEach((port, index) => {
      if (!port.nodePort && wantsPorts && old) {
        const kept = inherit(port);
        if (kept) port.nodePort = kept;
      }
      if (!port.nodePort) {
        if (!wantsPorts) return;
        port.nodePort = this.#drawPort();
        claim.ports.push(port.nodePort);
      } else if (!held.has(port.nodePort) && !here.has(port.nodePort)) {
        this.#takePort(port.nodePort, `spec.ports[${index}].nodePort`, attributes);
        claim.ports.push(port.nodePort);
      }
      const protocols = here.get(port.nodePort) ?? new Set<string>();
      here.set(port.nodePort, protocols.add(port.protocol ?? "TCP"));
    });
    const needsCheck = spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
    if (needsCheck && !spec.healthCheckNodePort) {
      spec.healthCheckNodePort = old?.healthCheckNodePort || this.#drawPort();
      if (spec.healthCheckNodePort !== old?.healthCheckNodePort) claim.ports.push(spec.healthCheckNodePort);
    } else if (needsCheck && spec.healthCheckNodePort !== old?.healthCheckNodePort) {
      this.#takePort(spec.healthCheckNodePort!, "spec.healthCheckNodePort", attributes);
      claim.ports.push(spec.healthCheckNodePort!);
    } else if (!needsCheck && spec.healthCheckNodePort && spec.healthCheckNodePort === old?.healthCheckNodePort)
      delete spec.healthCheckNodePort;
  }

  #drawPort(): number {
    const port = this.#ports.draw();
    if (port === undefined) throw internal("failed to allocate a nodePort: range is full");
    return port;
  }

  #takePort(port: number, field: string, attributes: Attributes): void {
    if (!this.#ports.contains(port))
      throw refuse(attributes, field, port, `provided port is not in the valid range. The range of valid ports is ${this.#portsText}`);
    if (!this.#ports.take(port)) throw refuse(attributes, field, port, "provided port is already allocated");
  }

  get range(): string {
    return this.#range;
  }
}

async function own(storage: Storage, address: string, service: KubeObject["metadata"]): Promise<void> {
  if (storage.get(ipaddresses, { name: address })) return;
  try {
    await storage.create(ipaddresses, ipAddressFor(address, service));
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 409)) throw error;
  }
}

class Claim {
  addresses: string[] = [];
  ports: number[] = [];
}

const hasSelector = (spec: Spec) => Object.keys(spec.selector ?? {}).length > 0;

function addressesOf(spec: Spec): string[] {
  if (spec.type === "ExternalName") return [];
  return (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== "None" && address !== "" && !address.includes(":"),
  );
}

function portsOf(spec: Spec): number[] {
  const ports = (spec.ports ?? []).flatMap((port) => port.nodePort || []);
  return [...new Set(spec.healthCheckNodePort ? [...ports, spec.healthCheckNodePort] : ports)];
}

function refuse(attributes: Attributes, field: string, value: unknown, detail: string) {
  const body = `Invalid value: ${JSON.stringify(value)}: ${detail}`;
  const problem: FieldProblem = { type: "FieldValueInvalid", field, message: `${field}: ${body}`, body };
  return invalid({ group: "", resource: "Service" }, (attributes.object as KubeObject).metadata.name ?? attributes.name, [problem]);
}
