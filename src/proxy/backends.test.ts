/** Both modes lead packets the same way, and so do both families: each case is judged under the rules of nftables and of iptables, of IPv4 and of IPv6. */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { formatAddress, parseAddress } from "#base/mod.ts";
import { asRuleset, type Packet, type Ruleset, type Situation, tableFamilies, trace } from "#linux/mod.ts";
import { type CompileOptions, compile } from "./compile.ts";
import { compileIptables } from "./iptables/compile.ts";
import { serviceTable } from "./service-table.ts";

const options: CompileOptions = { podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16", ownAddresses: ["10.96.0.10"] };
const node = "10.89.0.11";
const pod = "10.244.1.9";
const [here, there, alsoHere] = ["10.244.1.2", "10.244.2.2", "10.244.1.3"];

type Endpoints = NonNullable<EndpointSlice["endpoints"]>;
const endpoint = (ip: string, conditions: Endpoints[number]["conditions"] = { ready: true }): Endpoints[number] => ({
  addresses: [ip],
  nodeName: ip.startsWith("10.244.1.") ? "n1" : "n2",
  conditions,
});

function world(spec: Service["spec"], endpoints: Endpoints, status: Service["status"] = {}): Record<string, Ruleset> {
  const ports = [{ port: 80, protocol: "TCP", ...(spec?.type && spec.type !== "ClusterIP" ? { nodePort: 30080 } : {}) }];
  const base = { type: "ClusterIP", clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20"], ports };
  const metadata = { name: "web", namespace: "default" };
  const service: Service = { apiVersion: "v1", kind: "Service", metadata, spec: { ...base, ...spec }, status };
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-x", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080, protocol: service.spec?.ports?.[0]?.protocol ?? "TCP", name: "" }],
    endpoints,
  };
  const rules: Record<string, Ruleset> = {};
  for (const family of ["IPv4", "IPv6"] as const) {
    const of = <T>(value: T): T => (family === "IPv6" ? as6(value) : value);
    const table = serviceTable([of(service)], [{ ...of(slice), addressType: family }], { nodeName: "n1" }, family);
    const name = (mode: string) => (family === "IPv6" ? `${mode} of IPv6` : mode);
    rules[name("nftables")] = compile(table, of(options));
    rules[name("iptables")] = asRuleset(compileIptables(table, of(options)), tableFamilies[family]);
  }
  return rules;
}

/** The same with each address of IPv4 at the end of one of IPv6. */
function as6<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll(/(\d+(?:\.\d+){3})(?:\/(\d+))?/g, (_, address: string, bits?: string) => {
    const low = parseAddress(address)!.value;
    return `${formatAddress({ family: "IPv6", value: (0xfd00n << 112n) + low })}${bits === undefined ? "" : `/${96 + Number(bits)}`}`;
  });
  return JSON.parse(text);
}

/** `10.244.1.2:8080`, with `masqueraded` behind it, or what becomes of it instead. */
function sent(rules: Ruleset, packet: Partial<Packet>, situation: Partial<Situation> = {}): string {
  const whole: Packet = {
    from: "wire",
    saddr: pod,
    daddr: "10.96.0.20",
    protocol: "tcp",
    sport: 4000,
    dport: 80,
    iifname: "veth1",
    ...packet,
  };
  const of = <T>(value: T): T => (rules.family === "ip6" ? as6(value) : value);
  const { verdict, daddr, dport, masqueraded } = trace(rules, of(whole), { local: of([node]).concat("127.0.0.1", "::1"), ...situation });
  return verdict === "accept" ? `${daddr}:${dport}${masqueraded ? " masqueraded" : ""}` : verdict;
}

const outside = { saddr: "192.168.7.7", iifname: "eth0" };
const toNodePort = { ...outside, daddr: node, dport: 30080 };
const both = [endpoint(here), endpoint(there)];
const lb = { loadBalancer: { ingress: [{ ip: "10.88.0.5", ipMode: "VIP" }] } };

type Case = [what: string, packet: Partial<Packet>, expected: string | string[]];
const cases: [title: string, rules: Record<string, Ruleset>, cases: Case[]][] = [
  [
    "a cluster IP leads to every endpoint",
    world({}, both),
    [
      ["a pod", {}, [`${here}:8080`, `${there}:8080`]],
      ["another port", { dport: 81 }, ["reject", "10.96.0.20:81"]],
      ["another protocol", { protocol: "udp" }, ["reject", "10.96.0.20:80"]],
      ["a process of the node", { from: "here", saddr: node }, [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`]],
      ["from outside", outside, [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`]],
      ["an endpoint itself", { saddr: here }, [`${here}:8080 masqueraded`, `${there}:8080`]],
    ],
  ],
  ["without endpoints it refuses", world({}, []), [["a pod", {}, "reject"]]],
  [
    "endpoints that are not ready get nothing; those that still serve do when no other is left",
    world({}, [endpoint(here, { ready: false, serving: true, terminating: true }), endpoint(there, { ready: false })]),
    [["a pod", {}, `${here}:8080`]],
  ],
  [
    "the node's own DNS address is left alone",
    world({ clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"] }, both),
    [["a pod", { daddr: "10.96.0.10" }, "10.96.0.10:80"]],
  ],
  ["internal traffic stays on the node when it must", world({ internalTrafficPolicy: "Local" }, both), [["a pod", {}, `${here}:8080`]]],
  ["and is dropped where there is nobody", world({ internalTrafficPolicy: "Local" }, [endpoint(there)]), [["a pod", {}, "drop"]]],
  [
    "a node port masquerades everybody",
    world({ type: "NodePort" }, both),
    [
      ["from outside", toNodePort, [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`]],
      ["a pod of another node", { ...toNodePort, saddr: "10.244.2.9" }, [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`]],
      [
        "on loopback",
        { from: "here", saddr: "127.0.0.1", daddr: "127.0.0.1", dport: 30080 },
        [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`],
      ],
      ["on another's address", { ...toNodePort, daddr: "10.89.0.99" }, "10.89.0.99:30080"],
      ["loopback from a wire", { ...toNodePort, daddr: "127.0.0.1", dport: 31000 }, "drop"],
    ],
  ],
  ["a node port without endpoints refuses", world({ type: "NodePort" }, []), [["from outside", toNodePort, "reject"]]],
  [
    "external traffic that stays on the node keeps its source",
    world({ type: "NodePort", externalTrafficPolicy: "Local" }, both),
    [
      ["from outside", toNodePort, `${here}:8080`],
      ["a pod may use all", { ...toNodePort, saddr: pod, iifname: "veth1" }, [/* masquerading differs */ here, there]],
      [
        "the node may use all",
        { from: "here", saddr: node, daddr: node, dport: 30080 },
        [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`],
      ],
    ],
  ],
  [
    "and is dropped where there is nobody",
    world({ type: "NodePort", externalTrafficPolicy: "Local" }, [endpoint(there)]),
    [["from outside", toNodePort, "drop"]],
  ],
  [
    "an external IP",
    world({ externalIPs: ["203.0.113.7"] }, both),
    [["from outside", { ...outside, daddr: "203.0.113.7" }, [`${here}:8080 masqueraded`, `${there}:8080 masqueraded`]]],
  ],
  [
    "a load balancer lets in whom it may",
    world({ type: "LoadBalancer", loadBalancerSourceRanges: ["192.168.7.0/24"] }, [endpoint(here)], lb),
    [
      ["one of them", { ...outside, daddr: "10.88.0.5" }, `${here}:8080 masqueraded`],
      ["another", { ...outside, saddr: "192.168.8.1", daddr: "10.88.0.5" }, "drop"],
      ["its node port is open", { ...toNodePort, saddr: "192.168.8.1" }, `${here}:8080 masqueraded`],
    ],
  ],
];

const modes = Object.keys(world({}, []));
const as = <T>(mode: string, value: T): T => (mode.endsWith("IPv6") ? as6(value) : value);

for (const [title, rules, each] of cases)
  for (const mode of Object.keys(rules))
    test(`${mode}: ${title}`, () => {
      for (const [what, packet, expected] of each)
        for (const drawn of [0, 1]) {
          const got = sent(rules[mode]!, packet, { draw: (size) => (size > 1 ? drawn : 0) });
          const isV6 = rules[mode]!.family === "ip6";
          // Of IPv6 loopback is not routed.
          if (isV6 && packet.daddr?.startsWith("127.")) continue;
          const wanted = [expected].flat().map((text) => (isV6 ? as6(text) : text));
          const isIt = wanted.some((text) => got === text || (isIP(text) > 0 && got.startsWith(`${text}:`)));
          assert.ok(isIt, `${what}: ${got}, wanted ${wanted.join(" or ")}`);
        }
    });

for (const mode of modes)
  test(`${mode}: a client comes back to its endpoint`, () => {
    const rules = world({ sessionAffinity: "ClientIP" }, [endpoint(here), endpoint(there), endpoint(alsoHere)])[mode]!;
    const memory = new Map<string, Set<string>>();
    const first = sent(rules, {}, { memory, draw: (size) => size - 1 });
    assert.equal(sent(rules, {}, { memory, draw: () => 0 }), first);
    const all = new Set(
      ["10.244.1.10", "10.244.1.11", "10.244.1.12"].map((saddr, at) => sent(rules, { saddr }, { memory, draw: (n) => at % n })),
    );
    assert.ok(all.size > 1);
  });

for (const mode of modes)
  test(`${mode}: every endpoint has its turn`, () => {
    const rules = world({}, [endpoint(here), endpoint(there), endpoint(alsoHere)])[mode]!;
    const got = new Set(
      [0, 1, 2].map((turn) => sent(rules, {}, { draw: (size) => (mode.startsWith("nftables") ? turn : 3 - size === turn ? 0 : 1) })),
    );
    assert.deepEqual([...got].sort(), [here, there, alsoHere].map((ip) => as(mode, `${ip}:8080`)).sort());
  });
