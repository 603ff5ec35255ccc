/** The cases of upstream's own tests of network policies, by their names, judged by what becomes of packets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkPolicy } from "#api/mod.ts";
import { aNamespace, aPod, aPolicy, Reach } from "./reach.ts";

type Spec = NonNullable<NetworkPolicy["spec"]>;
type Ingress = NonNullable<Spec["ingress"]>;
type Egress = NonNullable<Spec["egress"]>;
type Allowed = (from: Place, to: Place) => boolean;

interface Place {
  id: string;
  ns: string;
  pod: string;
}

interface Situation {
  policies: NetworkPolicy[];
  /** What the tests change before they look. */
  change?(reach: Reach): void;
  tcp80?: Allowed;
  tcp81?: Allowed;
  udp80?: Allowed;
}

const pod = (name: string) => ({ matchLabels: { pod: name } });
const ns = (name: string) => ({ matchLabels: { ns: name } });
const oneOf = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] });
const toA = (ingress: Ingress) => aPolicy("x", { podSelector: pod("a"), ingress });
const fromA = (egress: Egress) => aPolicy("x", { podSelector: pod("a"), egress });
const all = (spec: Partial<Spec>) => aPolicy("x", { podSelector: {}, ...spec });
const isA = ({ id }: Place) => id === "x/a";

/** True for pods other than x/a, and for what `who` says of who wants to talk to it. */
const onlyToA =
  (who: (from: Place) => boolean): Allowed =>
  (from, to) =>
    !isA(to) || who(from);
const onlyFromA =
  (whom: (to: Place) => boolean): Allowed =>
  (from, to) =>
    !isA(from) || whom(to);

const port81 = [{ port: 81 }];
const cases: Record<string, Situation> = {
  "should support a 'default-deny-ingress' policy": { policies: [all({ ingress: [] })], tcp80: (_, to) => to.ns !== "x" },
  "should support a 'default-deny-all' policy": {
    policies: [all({ ingress: [], egress: [] })],
    tcp80: (from, to) => from.ns !== "x" && to.ns !== "x",
  },
  "should enforce policy to allow traffic from pods within server namespace based on PodSelector": {
    policies: [toA([{ from: [{ podSelector: pod("b") }] }])],
    tcp80: onlyToA(({ id }) => id === "x/b"),
  },
  "should enforce policy to allow ingress traffic for a target": {
    policies: [all({ ingress: [] }), toA([{ from: [{ podSelector: {}, namespaceSelector: {} }] }])],
    tcp80: (_, to) => to.ns !== "x" || isA(to),
  },
  "should enforce policy to allow ingress traffic from pods in all namespaces": {
    policies: [toA([{ from: [{ namespaceSelector: {} }] }])],
    tcp80: () => true,
  },
  "should enforce policy to allow traffic only from a different namespace, based on NamespaceSelector": {
    policies: [toA([{ from: [{ namespaceSelector: ns("y") }] }])],
    tcp80: onlyToA((from) => from.ns === "y"),
  },
  "should enforce policy based on PodSelector with MatchExpressions": {
    policies: [toA([{ from: [{ podSelector: oneOf("pod", "In", "b") }] }])],
    tcp80: onlyToA(({ id }) => id === "x/b"),
  },
  "should enforce policy based on NamespaceSelector with MatchExpressions": {
    policies: [toA([{ from: [{ namespaceSelector: oneOf("ns", "In", "y") }] }])],
    tcp80: onlyToA((from) => from.ns === "y"),
  },
  "should enforce policy based on PodSelector or NamespaceSelector": {
    policies: [toA([{ from: [{ namespaceSelector: oneOf("ns", "NotIn", "x") }, { podSelector: pod("b") }] }])],
    tcp80: onlyToA((from) => from.ns !== "x" || from.id === "x/b"),
  },
  "should enforce policy based on PodSelector and NamespaceSelector": {
    policies: [toA([{ from: [{ namespaceSelector: oneOf("ns", "NotIn", "x"), podSelector: pod("b") }] }])],
    tcp80: onlyToA((from) => from.ns !== "x" && from.pod === "b"),
  },
  "should enforce policy based on Multiple PodSelectors and NamespaceSelectors": {
    policies: [toA([{ from: [{ namespaceSelector: oneOf("ns", "NotIn", "x"), podSelector: oneOf("pod", "In", "b", "c") }] }])],
    tcp80: onlyToA((from) => from.ns !== "x" && from.pod !== "a"),
  },
  "should enforce policy based on any PodSelectors": {
    policies: [toA([{ from: [{ podSelector: pod("b") }, { podSelector: pod("c") }] }])],
    tcp80: onlyToA(({ id }) => id === "x/b" || id === "x/c"),
  },
  "should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector": {
    policies: [toA([{ from: [{ namespaceSelector: ns("y"), podSelector: pod("a") }] }])],
    tcp80: onlyToA(({ id }) => id === "y/a"),
  },
  "should enforce policy based on Ports": {
    policies: [toA([{ from: [{ namespaceSelector: ns("y") }], ports: port81 }])],
    tcp80: onlyToA(() => false),
    tcp81: onlyToA((from) => from.ns === "y"),
  },
  "should enforce multiple, stacked policies with overlapping podSelectors": {
    policies: [80, 81].map((port) => toA([{ from: [{ namespaceSelector: ns("y") }], ports: [{ port }] }])),
    tcp80: onlyToA((from) => from.ns === "y"),
    tcp81: onlyToA((from) => from.ns === "y"),
  },
  "should support allow-all policy": { policies: [all({ ingress: [{}] })], tcp80: () => true, tcp81: () => true },
  "should allow ingress access on one named port": {
    policies: [all({ ingress: [{ ports: [{ port: "serve-81-tcp" }] }] })],
    tcp80: (_, to) => to.ns !== "x",
    tcp81: () => true,
  },
  "should allow ingress access from namespace on one named port": {
    policies: [toA([{ from: [{ namespaceSelector: ns("y") }], ports: [{ port: "serve-80-tcp" }] }])],
    tcp80: onlyToA((from) => from.ns === "y"),
    tcp81: onlyToA(() => false),
  },
  "should allow egress access on one named port": {
    policies: [all({ egress: [{ ports: [{ port: "serve-80-tcp" }] }] })],
    tcp80: () => true,
    tcp81: (from) => from.ns !== "x",
  },
  "should enforce updated policy": {
    policies: [aPolicy("x", { podSelector: {}, ingress: [{}] }, "mutates")],
    change: (reach) => {
      reach.policies = [aPolicy("x", { podSelector: {}, ingress: [] }, "mutates")];
    },
    tcp81: (_, to) => to.ns !== "x",
  },
  "should allow ingress access from updated namespace": {
    policies: [toA([{ from: [{ namespaceSelector: { matchLabels: { ns2: "updated" } } }] }])],
    change: (reach) => {
      reach.namespaces = reach.namespaces.map((each) => (each.metadata.name === "y" ? aNamespace("y", { ns2: "updated" }) : each));
    },
    tcp80: onlyToA((from) => from.ns === "y"),
  },
  "should allow ingress access from updated pod": {
    policies: [toA([{ from: [{ podSelector: { matchLabels: { pod: "b", pod2: "updated" } } }] }])],
    change: (reach) => relabel(reach, "x/b", { pod2: "updated" }),
    tcp80: onlyToA(({ id }) => id === "x/b"),
  },
  "should deny ingress from pods on other namespaces": {
    policies: [all({ ingress: [{ from: [{ podSelector: {} }] }] })],
    tcp80: (from, to) => to.ns !== "x" || from.ns === "x",
  },
  "should deny ingress access to updated pod": {
    policies: [aPolicy("x", { podSelector: { matchLabels: { target: "isolated" } }, ingress: [] })],
    change: (reach) => relabel(reach, "x/a", { target: "isolated" }),
    tcp80: onlyToA(() => false),
  },
  "should deny egress from pods based on PodSelector": { policies: [fromA([])], tcp80: onlyFromA(() => false) },
  "should deny egress from all pods in a namespace": { policies: [all({ egress: [] })], tcp80: (from) => from.ns !== "x" },
  "should work with Ingress, Egress specified together": {
    policies: [
      aPolicy("x", {
        podSelector: pod("a"),
        ingress: [{ from: [{ namespaceSelector: ns("y"), podSelector: pod("a") }] }],
        egress: [{ ports: [{ port: 80 }] }],
      }),
    ],
    tcp80: onlyToA(({ id }) => id === "y/a"),
    tcp81: (from, to) => !isA(from) && onlyToA(({ id }) => id === "y/a")(from, to),
  },
  "should support denying of egress traffic on the client side (even if the server explicitly allows this traffic)": {
    policies: [
      fromA([{ to: [{ namespaceSelector: ns("y"), podSelector: pod("a") }] }]),
      ...["a", "b"].map((name) =>
        aPolicy("y", { podSelector: pod(name), ingress: [{ from: [{ namespaceSelector: ns("x"), podSelector: pod("a") }] }] }),
      ),
    ],
    tcp80: (from, to) => (isA(from) ? to.id === "y/a" : to.id !== "y/a" && to.id !== "y/b"),
  },
  "should enforce egress policy allowing traffic to a server in a different namespace based on PodSelector and NamespaceSelector": {
    policies: [fromA([{ to: [{ namespaceSelector: ns("y"), podSelector: pod("a") }] }])],
    tcp80: onlyFromA(({ id }) => id === "y/a"),
  },
  "should enforce ingress policy allowing any port traffic to a server on a specific protocol": {
    policies: [toA([{ ports: [{ protocol: "TCP" }] }])],
    tcp80: () => true,
    tcp81: () => true,
    udp80: onlyToA(() => false),
  },
  "should enforce multiple ingress policies with ingress allow-all policy taking precedence": {
    policies: [all({ ingress: [{ ports: [{ port: 80 }] }] }), all({ ingress: [{}] })],
    tcp81: () => true,
  },
  "should enforce multiple egress policies with egress allow-all policy taking precedence": {
    policies: [all({ egress: [{ ports: [{ port: 80 }] }] }), all({ egress: [{}] })],
    tcp81: () => true,
  },
  "should stop enforcing policies after they are deleted": {
    policies: [all({ ingress: [], egress: [] })],
    change: (reach) => {
      reach.policies = [];
    },
    tcp80: () => true,
  },
  "should allow egress access to server in CIDR block": {
    policies: [fromA([{ to: [{ ipBlock: { cidr: "10.244.2.13/32" } }] }])],
    tcp80: onlyFromA(({ id }) => id === "y/b"),
  },
  "should enforce except clause while egress access to server in CIDR block": {
    policies: [fromA([{ to: [{ ipBlock: { cidr: "10.244.0.0/16", except: ["10.244.2.3/32"] } }] }])],
    tcp80: onlyFromA(({ id }) => id !== "x/b"),
  },
  "should ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed": {
    policies: [
      fromA([{ to: [{ ipBlock: { cidr: "10.244.2.0/24", except: ["10.244.2.3/32"] } }] }]),
      fromA([{ to: [{ ipBlock: { cidr: "10.244.2.3/32" } }] }]),
    ],
    tcp80: onlyFromA(({ pod: name }) => name === "b"),
  },
  "should enforce policies to check ingress and egress policies can be controlled independently based on PodSelector": {
    policies: [fromA([{}]), toA([])],
    tcp80: onlyToA(() => false),
  },
  "should not mistakenly treat 'protocol: SCTP' as 'protocol: TCP', even if the plugin doesn't support SCTP": {
    policies: [all({ ingress: [] }), toA([{ ports: [{ port: 81, protocol: "SCTP" }] }])],
    tcp81: (_, to) => to.ns !== "x",
  },
  "should properly isolate pods that are selected by a policy allowing SCTP, even if the plugin doesn't support SCTP": {
    policies: [toA([{ ports: [{ port: 80, protocol: "SCTP" }] }])],
    tcp81: onlyToA(() => false),
  },
  "should not allow access by TCP when a policy specifies only UDP": {
    policies: [toA([{ ports: [{ port: 81, protocol: "UDP" }] }])],
    tcp81: onlyToA(() => false),
  },
  "should enforce policy to allow traffic based on NamespaceSelector with MatchLabels using default ns label": {
    policies: [toA([{ from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "y" } } }] }])],
    tcp80: onlyToA((from) => from.ns === "y"),
  },
  "should enforce policy based on NamespaceSelector with MatchExpressions using default ns label": {
    policies: [fromA([{ to: [{ namespaceSelector: oneOf("kubernetes.io/metadata.name", "NotIn", "y") }] }])],
    tcp80: onlyFromA((to) => to.ns !== "y"),
  },
};

function relabel(reach: Reach, id: string, labels: Record<string, string>): void {
  const old = reach.find(id);
  const next = aPod(id, { nodeName: old.spec!.nodeName!, ip: old.status!.podIP!, labels });
  reach.pods = reach.pods.map((each) => (each === old ? next : each));
}

const probes = { tcp80: ["tcp", 80], tcp81: ["tcp", 81], udp80: ["udp", 80] } as const;

for (const [name, situation] of Object.entries(cases))
  test(name, () => {
    const reach = new Reach();
    reach.policies = situation.policies;
    if (situation.change) {
      reach.rules();
      situation.change(reach);
    }
    const rules = reach.rules();
    // What it remembers makes no difference.
    assert.deepEqual(rules, reach.rules(true));
    const places = reach.pods.map(({ metadata }) => ({
      id: `${metadata.namespace}/${metadata.name}`,
      ns: metadata.namespace!,
      pod: metadata.name!,
    }));
    for (const [probe, [protocol, port]] of Object.entries(probes)) {
      const allowed = situation[probe as keyof typeof probes];
      if (!allowed) continue;
      for (const from of places)
        for (const to of places) {
          const expected: boolean = from === to || allowed(from, to);
          assert.equal(reach.reaches(from.id, to.id, { protocol, port, rules }), expected, `${from.id} to ${to.id} ${protocol} ${port}`);
        }
    }
  });
