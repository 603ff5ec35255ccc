/** The same policies, as packets of the other family meet them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Packet, trace } from "#linux/mod.ts";
import { compile, type StandIn } from "./compile.ts";
import { aNamespace, aPod, aPolicy } from "./reach.ts";

const dns: StandIn = { ip: "fd00:96::a", namespace: "kube-system", labels: { "k8s-app": "kube-dns" }, ports: { "udp/dns": 53 } };

/** Pods of two families, whose addresses end alike. */
function twoFamilies(name: string, last: number) {
  const pod = aPod(`x/${name}`, { nodeName: "n1", ip: `10.244.1.${last}` });
  return { ...pod, status: { ...pod.status, podIPs: [{ ip: `10.244.1.${last}` }, { ip: `FD00:244:0:1::${last}` }] } };
}

const pods = [twoFamilies("a", 2), twoFamilies("b", 3), twoFamilies("c", 4)];
const only = (name: string) => ({ matchLabels: { pod: name } });
const policies = [
  aPolicy("x", {
    podSelector: only("a"),
    ingress: [
      { from: [{ podSelector: only("b") }], ports: [{ port: "serve-80-tcp" }] },
      { from: [{ ipBlock: { cidr: "fd00:5::/64", except: ["fd00:5::/80", "fd00:5::8000/112"] } }, { ipBlock: { cidr: "10.7.0.0/16" } }] },
    ],
    egress: [
      { to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }] },
      { to: [{ ipBlock: { cidr: "::/0" } }], ports: [{ port: 443 }] },
    ],
  }),
];
const namespaces = [aNamespace("x"), aNamespace("kube-system")];

const of = (family: "IPv4" | "IPv6") => compile({ policies, pods, namespaces }, { nodeName: "n1", family, standIns: [dns] });

const cases: [what: string, packet: Partial<Packet>, allowed: boolean][] = [
  ["a pod that may", { saddr: "fd00:244:0:1::3" }, true],
  ["at another port", { saddr: "fd00:244:0:1::3", dport: 81 }, false],
  ["a pod that may not", { saddr: "fd00:244:0:1::4" }, false],
  ["the pod itself", { saddr: "fd00:244:0:1::2" }, true],
  ["an address of the block", { saddr: "fd00:5::1:0:0:0", dport: 9 }, true],
  ["one that is left out of it", { saddr: "fd00:5::1" }, false],
  ["one beside the block", { saddr: "fd00:6::1" }, false],
  ["to a pod that nobody isolates", { saddr: "fd00:6::1", daddr: "fd00:244:0:1::3" }, true],
  ["out, where the port is allowed", { saddr: "fd00:244:0:1::2", daddr: "2001:db8::1", dport: 443 }, true],
  ["out, where it is not", { saddr: "fd00:244:0:1::2", daddr: "2001:db8::1", dport: 80 }, false],
  ["to cluster DNS", { saddr: "fd00:244:0:1::2", daddr: dns.ip, protocol: "udp", dport: 53 }, true],
  ["to another address of the node", { saddr: "fd00:244:0:1::4", daddr: dns.ip, protocol: "udp", dport: 53 }, true],
];
for (const [what, packet, allowed] of cases)
  test(`IPv6: ${what}`, () => {
    const whole: Packet = {
      from: "wire",
      saddr: "",
      daddr: "fd00:244:0:1::2",
      protocol: "tcp",
      sport: 4000,
      dport: 80,
      iifname: "eth0",
      ...packet,
    };
    assert.equal(trace(of("IPv6"), whole, { local: [dns.ip] }).verdict, allowed ? "accept" : "drop");
  });

test("a source that is not the link's own is dropped, but for those by which neighbours find each other", () => {
  const from = (saddr: string): Packet => ({
    from: "wire",
    saddr,
    daddr: "fd00:244:0:1::3",
    protocol: "tcp",
    sport: 1,
    dport: 2,
    iifname: "veth1",
    stray: true,
  });
  assert.equal(trace(of("IPv6"), from("fd00:244:0:1::4"), { local: [] }).verdict, "drop");
  assert.equal(trace(of("IPv6"), from("fe80::1"), { local: [] }).verdict, "accept");
});

test("each family has a table of its own, and blocks of the other one mean nobody", () => {
  assert.deepEqual([of("IPv4").family, of("IPv6").family], ["ip", "ip6"]);
  const texts = (family: "IPv4" | "IPv6") => JSON.stringify([...of(family).chains]);
  assert.match(texts("IPv4"), /ip saddr 10\.7\.0\.0\/16/);
  assert.doesNotMatch(texts("IPv4"), /ip6|fd00/);
  assert.match(texts("IPv6"), /ip6 saddr fd00:5::\/64 ip6 saddr != \{ fd00:5::\/80 \}/);
  assert.doesNotMatch(texts("IPv6"), /10\.7|ip saddr/);
});
