import assert from "node:assert/strict";
import { test } from "node:test";
import type { Packet, Situation } from "./packet.ts";
import { emptyRuleset, type Ruleset } from "./ruleset.ts";
import { trace } from "./trace.ts";

function aRuleset(chains: Record<string, string[]>, sets: Record<string, Record<string, string>> = {}): Ruleset {
  const rules = emptyRuleset();
  for (const [title, body] of Object.entries(chains)) {
    const [name = "", hook] = title.split(": ");
    rules.chains.set(name, hook ? { hook, rules: body } : { rules: body });
  }
  for (const [name, elements] of Object.entries(sets))
    rules.sets.set(name, { kind: "set", type: "", elements: new Map(Object.entries(elements)) });
  return rules;
}

const forward = "f: type filter hook forward priority filter";
const packet: Packet = { from: "wire", saddr: "10.0.0.1", daddr: "10.0.0.2", protocol: "tcp", sport: 4000, dport: 80 };
const node: Situation = { local: ["10.9.9.9"] };
const verdictOf = (body: string[], more: Partial<Packet> = {}, sets = {}) =>
  trace(aRuleset({ [forward]: body, side: ["tcp dport 81 accept"], stop: ["drop"] }, sets), { ...packet, ...more }, node).verdict;

test("every form of match holds or does not", () => {
  const holds: [string, boolean][] = [
    ["ip saddr 10.0.0.1", true],
    ["ip saddr 10.0.0.0/24", true],
    ["ip saddr 10.0.1.0/24", false],
    ["ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16, 10.0.0.0/30 }", false],
    ["ip saddr != 10.0.0.7", true],
    ["tcp dport { 79, 80-90 }", true],
    ["tcp dport 8", false],
    ["udp dport 80", false],
    ["udp dport != 80", false],
    ["meta l4proto tcp", true],
    ["meta l4proto { udp, sctp }", false],
    ["th dport 80", true],
    ["ct state established,related", false],
    ["ct state new", true],
    ["ct mark & 0x4000 == 0x4000", false],
    ["ip daddr . meta l4proto . th dport @known", true],
    ["ip daddr . udp dport @ports", false],
    ['iifname != "lo"', true],
    ["fib daddr type local", false],
  ];
  const sets = { known: { "10.0.0.2 . tcp . 80": "" }, ports: { "10.0.0.2 . 80": "" } };
  for (const [match, expected] of holds) assert.equal(verdictOf([`${match} drop`], {}, sets), expected ? "drop" : "accept", match);
});

test("a chain that was jumped to comes back, one that was gone to does not", () => {
  assert.equal(verdictOf(["jump side", "drop"]), "drop");
  assert.equal(verdictOf(["goto side", "drop"]), "accept");
  assert.equal(verdictOf(["jump side", "drop"], { dport: 81 }), "accept");
  assert.equal(verdictOf(["return", "drop"]), "accept");
  assert.equal(verdictOf(["ip daddr vmap @next"], {}, { next: { "10.0.0.2": "goto stop" } }), "drop");
});

test("accept ends its own chain only: a later one may still drop", () => {
  const rules = aRuleset({
    "late: type filter hook forward priority filter + 20": ["drop"],
    "early: type filter hook forward priority filter + 10": ["accept"],
  });
  const traced = trace(rules, packet, node);
  assert.deepEqual([traced.verdict, traced.chains], ["drop", ["early", "late"]]);
});

test("a translated destination decides which hook comes next, and only for what is new", () => {
  const rules = aRuleset({
    "nat: type nat hook prerouting priority dstnat": ["meta mark set numgen random mod 2", "dnat ip addr . port to meta mark map @to"],
    "in: type filter hook input priority filter": ["reject"],
    "out: type nat hook postrouting priority srcnat": ["masquerade fully-random"],
  });
  rules.sets.set("to", {
    kind: "map",
    type: "",
    elements: new Map([
      ["0x00000000", "10.9.9.9 . 7"],
      ["0x00000001", "10.0.0.3 . 8"],
    ]),
  });
  assert.equal(trace(rules, packet, node).verdict, "reject");
  const other = trace(rules, packet, { ...node, draw: () => 1 });
  assert.deepEqual([other.verdict, other.daddr, other.dport, other.masqueraded], ["accept", "10.0.0.3", 8, true]);
  assert.equal(trace(rules, { ...packet, state: "established" }, node).daddr, "10.0.0.2");
});

test("what is not known is an error", () => {
  assert.throws(() => verdictOf(["ip ttl 3 drop"]), /trace does not know "ip" in "ip ttl 3 drop"/);
  assert.throws(() => verdictOf(["jump nowhere"]), /no chain nowhere/);
});
