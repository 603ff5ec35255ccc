import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NetworkPolicy, Pod } from "#api/mod.ts";
import { transaction } from "#linux/mod.ts";
import { compile, PolicyCompiler } from "./compile.ts";
import { aNamespace, aPod, aPolicy, dns, Reach, threeByThree } from "./reach.ts";

const options = { nodeName: "n1", standIns: [dns] };
const denyIn = () => aPolicy("x", { podSelector: {}, ingress: [] });
const denyOut = () => aPolicy("x", { podSelector: {}, egress: [] });

function reachWith(...policies: NetworkPolicy[]): Reach {
  const reach = new Reach();
  reach.policies = policies;
  return reach;
}

test("what is established goes on, its answers too, and errors that belong to it", () => {
  const reach = reachWith(denyIn(), denyOut());
  assert.equal(reach.reaches("y/a", "x/a", { state: "established" }), true);
  assert.equal(reach.reaches("x/a", "y/a", { state: "related" }), true);
  assert.equal(reach.reaches("x/a", "y/a"), false);
});

test("the pod's own node is never held up, another node is", () => {
  const reach = reachWith(denyIn(), denyOut());
  assert.equal(reach.reaches("10.89.0.11", "x/a", { from: "here" }), true);
  assert.equal(reach.reaches("x/a", "10.89.0.11"), true);
  assert.equal(reach.reaches("10.89.0.12", "x/a"), false);
  assert.equal(reach.reaches("x/a", "10.89.0.12"), false);
});

test("cluster DNS, which a node answers itself, is to policies the pods that are called kube-dns", () => {
  const udp53 = { protocol: "udp", port: 53 } as const;
  assert.equal(reachWith(denyOut()).reaches("x/a", dns.ip, udp53), false);
  assert.equal(reachWith(denyIn()).reaches("x/a", dns.ip, udp53), true);
  const open = (egress: object) => reachWith(denyOut(), aPolicy("x", { podSelector: {}, egress: [egress] }));
  assert.equal(open({ ports: [{ protocol: "UDP", port: 53 }] }).reaches("x/a", dns.ip, udp53), true);
  assert.equal(open({ ports: [{ protocol: "UDP", port: "dns" }] }).reaches("x/a", dns.ip, udp53), true);
  const kubeDns = { namespaceSelector: { matchLabels: { ns: "kube-system" } }, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  const byLabel = open({ to: [kubeDns] });
  assert.equal(byLabel.reaches("x/a", dns.ip, udp53), false, "a namespace that is not known has no labels");
  byLabel.namespaces = [...byLabel.namespaces, aNamespace("kube-system")];
  assert.equal(byLabel.reaches("x/a", dns.ip, udp53), true);
});

test("ranges of ports, overlapping ones too, and names that mean another number in each pod", () => {
  const ports = [{ port: 8000, endPort: 8010 }, { port: 8005, endPort: 8020 }, { port: 8021 }, { port: 8030 }];
  const reach = reachWith(aPolicy("x", { podSelector: {}, ingress: [{ ports }] }));
  for (const [port, expected] of [
    [7999, false],
    [8000, true],
    [8015, true],
    [8021, true],
    [8022, false],
    [8030, true],
  ] as const)
    assert.equal(reach.reaches("y/a", "x/a", { port }), expected, String(port));
  assert.ok([...reach.rules().n1!.chains.values()].some(({ rules }) => rules[0] === "tcp dport { 8000-8021, 8030 } accept"));

  const named = reachWith(aPolicy("x", { podSelector: {}, egress: [{ ports: [{ port: "http" }] }] }));
  const withPort = (id: string, ip: string, containerPort: number): Pod => ({
    ...aPod(id, { nodeName: "n2", ip }),
    spec: { nodeName: "n2", containers: [{ name: "c", ports: [{ name: "http", containerPort }] }] },
  });
  named.pods = [...named.pods, withPort("z/eighty", "10.244.2.80", 80), withPort("z/ninety", "10.244.2.90", 90)];
  assert.equal(named.reaches("x/a", "z/eighty", { port: 80 }), true);
  assert.equal(named.reaches("x/a", "z/eighty", { port: 90 }), false);
  assert.equal(named.reaches("x/a", "z/ninety", { port: 90 }), true);
});

test("SCTP, and protocols without ports: allowed by rules that name none", () => {
  const reach = reachWith(aPolicy("x", { podSelector: {}, ingress: [{ ports: [{ protocol: "SCTP", port: "serve-80-sctp" }] }] }));
  assert.equal(reach.reaches("y/a", "x/a", { protocol: "sctp", port: 80 }), true);
  assert.equal(reach.reaches("y/a", "x/a", { protocol: "sctp", port: 81 }), false);
  assert.equal(reach.reaches("y/a", "x/a", { protocol: "icmp", dport: undefined }), false);
  assert.equal(reachWith(aPolicy("x", { podSelector: {}, ingress: [{}] })).reaches("y/a", "x/a", { protocol: "icmp" }), true);
});

test("blocks: everything but some, nested exceptions, and the other address family, which matches nothing here", () => {
  const to = (ipBlock: { cidr: string; except?: string[] }) =>
    reachWith(aPolicy("x", { podSelector: {}, egress: [{ to: [{ ipBlock }] }] }));
  const world = to({ cidr: "0.0.0.0/0", except: ["10.1.0.0/16", "10.0.0.0/8", "10.1.2.0/24", "192.168.0.0/16"] });
  assert.equal(world.reaches("x/a", "1.1.1.1"), true);
  assert.equal(world.reaches("x/a", "10.1.2.3"), false);
  assert.equal(world.reaches("x/a", "192.168.3.4"), false);
  assert.deepEqual([...world.rules().n1!.chains].find(([name]) => name.startsWith("egress/x/"))?.[1].rules, [
    "ip daddr != { 10.0.0.0/8, 192.168.0.0/16 } accept",
  ]);
  assert.equal(to({ cidr: "::/0" }).reaches("x/a", "1.1.1.1"), false);
  assert.equal(to({ cidr: "10.0.0.0/8", except: ["fd00::/8"] }).reaches("x/a", "10.1.2.3"), true);
});

test("a pod that claims a source that is not its own says nothing", () => {
  const reach = new Reach();
  assert.equal(reach.reaches("10.244.1.99", "x/a", { stray: true, iifname: "veth7" }), false);
  assert.equal(reach.reaches("10.244.1.99", "x/a", { stray: true }), true, "what comes from elsewhere has another way back");
});

test("host-network pods are the node, pods that are over are nobody, an address has the one that has it now", () => {
  const reach = reachWith(aPolicy("x", { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { role: "friend" } } }] }] }));
  const friend = (id: string, ip: string, more: Partial<Pod["spec"]> = {}, phase = "Running"): Pod => {
    const pod = aPod(id, { nodeName: "n2", ip, labels: { role: "friend" }, phase });
    return { ...pod, spec: { ...pod.spec, ...more } };
  };
  reach.pods = [...reach.pods, friend("x/host", "10.89.0.12", { hostNetwork: true }), friend("x/job", "10.244.2.3", {}, "Succeeded")];
  assert.equal(reach.reaches("10.89.0.12", "x/a"), false);
  assert.equal(reach.reaches("x/b", "x/a"), false, "has the address of a friend that is over");
  const older = { ...friend("x/old", "10.244.2.99") };
  older.metadata = { ...older.metadata, creationTimestamp: "2024-01-01T00:00:00Z" };
  const younger = aPod("x/new", { nodeName: "n2", ip: "10.244.2.99" });
  younger.metadata = { ...younger.metadata, creationTimestamp: "2024-01-01T00:00:01Z" };
  reach.pods = [...reach.pods, older];
  assert.equal(reach.reaches("10.244.2.99", "x/a"), true);
  reach.pods = [...reach.pods, younger];
  assert.equal(reach.reaches("10.244.2.99", "x/a"), false);
  assert.deepEqual(reach.rules(), reach.rules(true));
});

test("pods that are leaving are held to their policies until they are gone", () => {
  const reach = reachWith(denyOut());
  const leaving = reach.find("x/a");
  leaving.metadata.deletionTimestamp = "2024-01-01T00:00:00Z";
  assert.equal(reach.reaches("x/a", "y/a"), false);
});

test("a node has rules only of policies that select a pod of its own", () => {
  const reach = reachWith(aPolicy("x", { podSelector: { matchLabels: { pod: "b" } }, ingress: [] }, "for-b"));
  const { n1, n2 } = reach.rules();
  assert.equal(n1!.sets.get("ingress")!.elements.size, 0);
  assert.ok(!n1!.chains.has("ingress/x/for-b"));
  assert.ok(n2!.chains.has("ingress/x/for-b"));
});

test("an address is known before the API has it", () => {
  const early = aPod("x/early", { nodeName: "n1", ip: "" });
  early.status = {};
  const addressOf = (uid: string) => (uid === early.metadata.uid ? "10.244.1.77" : undefined);
  const rules = compile({ policies: [denyIn()], pods: [early], namespaces: [] }, { ...options, addressOf });
  assert.ok(rules.sets.get("ingress")!.elements.has("10.244.1.77"));
});

test("one pod more is a few elements, and what is equal is not touched", () => {
  const compiler = new PolicyCompiler(options);
  const policy = aPolicy("x", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }, "inner");
  const input = { policies: [policy], pods: threeByThree(), namespaces: [aNamespace("x")] };
  const before = compiler.compile(input);
  assert.equal(transaction("t", before, compiler.compile({ ...input, pods: [...input.pods] })), "");
  const pods = [...input.pods, aPod("x/d", { nodeName: "n1", ip: "10.244.1.200" })];
  const script = transaction("t", before, compiler.compile({ ...input, pods }))
    .trim()
    .split("\n");
  assert.equal(script.length, 3, script.join("\n"));
  assert.ok(script.every((line) => line.startsWith("add element ip t ") && line.includes("10.244.1.200")));
  assert.deepEqual(
    script.map((line) => line.split(" ")[4]!.replace(/\/.*/, "")),
    ["ingress", "self", "pods"],
  );
});

test("names are readable and bounded", () => {
  const name = `long-${"x".repeat(240)}`;
  const { chains } = compile(
    { policies: [aPolicy("x", { podSelector: {}, ingress: [] }, name)], pods: threeByThree(), namespaces: [] },
    options,
  );
  assert.ok([...chains.keys()].every((each) => each.length < 200 && /^[a-zA-Z][a-zA-Z0-9/_.-]*$/.test(each)));
});

test("whatever happened before, the rules are those that would be made anew", () => {
  const label = fc.constantFrom("a", "b", "c");
  const selector = fc.oneof(fc.constant({}), fc.record({ matchLabels: fc.record({ role: label }) }));
  const peer = fc.oneof(fc.record({ podSelector: selector }), fc.record({ namespaceSelector: selector, podSelector: selector }));
  const rule = fc.record({ peers: fc.array(peer, { maxLength: 2 }), named: fc.boolean() });
  const event = fc.oneof(
    fc.record({ pod: fc.nat(5), role: label, namespace: fc.constantFrom("x", "y"), ip: fc.nat(4), gone: fc.boolean(), node: fc.nat(1) }),
    fc.record({ policy: fc.nat(3), selects: selector, rules: fc.array(rule, { maxLength: 2 }), egress: fc.boolean(), gone: fc.boolean() }),
    fc.record({ namespace: fc.constantFrom("x", "y"), role: label }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), (events) => {
      const compiler = new PolicyCompiler(options);
      const pods = new Map<number, Pod>();
      const policies = new Map<number, NetworkPolicy>();
      const namespaces = new Map([["x", aNamespace("x")]]);
      for (const each of events) {
        if ("pod" in each) {
          const id = `${each.namespace}/p${each.pod}`;
          if (each.gone) pods.delete(each.pod);
          else pods.set(each.pod, aPod(id, { nodeName: `n${each.node + 1}`, ip: `10.0.0.${each.ip}`, labels: { role: each.role } }));
        } else if ("policy" in each) {
          const ports = (named: boolean) => (named ? [{ port: "serve-80-tcp" }] : []);
          const spec = each.egress
            ? { egress: each.rules.map(({ peers, named }) => ({ to: peers, ports: ports(named) })) }
            : { ingress: each.rules.map(({ peers, named }) => ({ from: peers, ports: ports(named) })) };
          if (each.gone) policies.delete(each.policy);
          else policies.set(each.policy, aPolicy("x", { podSelector: each.selects, ...spec }, `p${each.policy}`));
        } else namespaces.set(each.namespace, aNamespace(each.namespace, { role: each.role }));
        const input = { policies: [...policies.values()], pods: [...pods.values()], namespaces: [...namespaces.values()] };
        assert.deepEqual(compiler.compile(input), compile(input, options));
      }
    }),
    { numRuns: 60, seed: Number(process.env.SPOKE_SEED ?? 1) },
  );
});
