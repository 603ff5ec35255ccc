/** For tests: pods in namespaces on two nodes, and whether one reaches another through the rules of the nodes that lie between. */
import type { Namespace, NetworkPolicy, Pod } from "#api/mod.ts";
import { type Packet, type Ruleset, trace } from "#linux/mod.ts";
import { compile, PolicyCompiler, type StandIn } from "./compile.ts";

type Spec = NonNullable<NetworkPolicy["spec"]>;
type Protocol = Packet["protocol"];

export const dns: StandIn = {
  ip: "10.96.0.10",
  namespace: "kube-system",
  labels: { "k8s-app": "kube-dns" },
  ports: { "udp/dns": 53, "tcp/dns-tcp": 53 },
};
export const nodeAddresses: Readonly<Record<string, string>> = { n1: "10.89.0.11", n2: "10.89.0.12" };

export function aPod(id: string, more: { nodeName: string; ip: string; labels?: Record<string, string>; phase?: string }): Pod {
  const [namespace = "", name = ""] = id.split("/");
  const ports = [80, 81].flatMap((port) =>
    ["TCP", "UDP", "SCTP"].map((protocol) => ({ name: `serve-${port}-${protocol.toLowerCase()}`, containerPort: port, protocol })),
  );
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-${id}-${more.ip}`, labels: { pod: name, ...more.labels } },
    spec: { nodeName: more.nodeName, containers: [{ name: "c", ports }] },
    status: { phase: more.phase ?? "Running", podIP: more.ip, podIPs: [{ ip: more.ip }] },
  };
}

export function aNamespace(name: string, labels: Record<string, string> = {}): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ns: name, "kubernetes.io/metadata.name": name, ...labels } } };
}

let policies = 0;

/** As the API server stores it: with types and protocols filled in. */
export function aPolicy(namespace: string, spec: Spec, name = `policy-${++policies}`): NetworkPolicy {
  for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of ports) port.protocol ??= "TCP";
  const policyTypes = spec.policyTypes ?? [...(spec.ingress ? ["Ingress"] : []), ...(spec.egress ? ["Egress"] : [])];
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { namespace, name }, spec: { ...spec, policyTypes } };
}

/** a and c on one node, b on another; in x, y and z. */
export function threeByThree(): Pod[] {
  return ["x", "y", "z"].flatMap((namespace, n) =>
    ["a", "b", "c"].map((name, p) => {
      const node = name === "b" ? 2 : 1;
      return aPod(`${namespace}/${name}`, { nodeName: `n${node}`, ip: `10.244.${node}.${n * 10 + p + 2}` });
    }),
  );
}

export class Reach {
  pods: Pod[];
  namespaces: Namespace[];
  policies: NetworkPolicy[] = [];
  readonly #compilers = Object.fromEntries(
    Object.keys(nodeAddresses).map((nodeName) => [nodeName, new PolicyCompiler({ nodeName, standIns: [dns] })]),
  );

  constructor(pods = threeByThree(), namespaces = ["x", "y", "z"].map((name) => aNamespace(name))) {
    this.pods = pods;
    this.namespaces = namespaces;
  }

  /** Of every node, by compilers that have seen all that was before; `afresh`: by new ones. */
  rules(afresh = false): Record<string, Ruleset> {
    const entries = Object.entries(this.#compilers).map(([nodeName, compiler]) => [
      nodeName,
      afresh ? compile(this, { nodeName, standIns: [dns] }) : compiler.compile(this),
    ]);
    return Object.fromEntries(entries);
  }

  find(id: string): Pod {
    const found = this.pods.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === id);
    if (!found) throw new Error(`no pod ${id}`);
    return found;
  }

  /** From pod to pod, over both of their nodes; or from and to an address, over the one node. */
  reaches(from: string, to: string, { protocol = "tcp" as Protocol, port = 80, rules = this.rules(), ...more }: Ask = {}): boolean {
    const place = (end: string) => (end.includes("/") ? this.find(end) : undefined);
    const [source, target] = [place(from), place(to)];
    const packet: Packet = {
      from: "wire",
      saddr: source?.status?.podIP ?? from,
      daddr: target?.status?.podIP ?? to,
      protocol,
      sport: 40_000,
      dport: port,
      iifname: "eth0",
      ...more,
    };
    const nodes = new Set([source?.spec?.nodeName, target?.spec?.nodeName].filter((name) => name !== undefined));
    return [...nodes].every((node) => {
      const local = [nodeAddresses[node]!, dns.ip];
      const first = source?.spec?.nodeName === node ? { iifname: "veth0" } : {};
      return trace(rules[node]!, { ...packet, ...first }, { local }).verdict === "accept";
    });
  }
}

interface Ask extends Partial<Packet> {
  protocol?: Protocol;
  port?: number;
  rules?: Record<string, Ruleset>;
}
