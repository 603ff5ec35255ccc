import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { replaceScript, restoreScript, type Tables } from "#linux/mod.ts";
import { serviceTable } from "../service-table.ts";
import { compileIptables } from "./compile.ts";

/**
 * What kube-proxy v1.36.4 made of these objects on node n1 in zone a (`iptables-save`, cluster CIDR 10.244.0.0/16, liberal
 * connection tracking); the API server's own Service is left out. Taken from upstream's program, never edited.
 */
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, name), "utf8")
    .split("\n")
    .filter((line) => line !== "");

const objects = fixture("upstream.objects.jsonl").map((line) => JSON.parse(line) as Service | EndpointSlice);
const services = objects.filter((each): each is Service => each.kind === "Service");
const slices = objects.filter((each): each is EndpointSlice => each.kind === "EndpointSlice");
const options = { podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16", ownAddresses: [] };
const compiled = () => compileIptables(serviceTable(services, slices, { nodeName: "n1", zone: "a" }), options);

/** A rule as `iptables-save` shows it and as it was written are the same parts in another order. */
function partsOf(rule: string): string {
  const words = rule.match(/"[^"]*"|\S+/g) ?? [];
  const parts: string[] = [];
  for (const word of words) {
    const last = parts.at(-1);
    if (last !== undefined && (last === "!" || !word.startsWith("-")) && word !== "!") parts[parts.length - 1] = `${last} ${word}`;
    else parts.push(word);
  }
  return parts
    .map((part) => part.replace(/^(! )?-([sd]) (\d+\.\d+\.\d+\.\d+)$/, "$1-$2 $3/32").replaceAll('"', ""))
    .filter((part) => !["--reject-with icmp-port-unreachable", "--mask 255.255.255.255", "--rsource", "-m recent --rcheck"].includes(part))
    .map((part) => part.replace(/^--(or|xor)-mark (0x[0-9a-f]+)$/, (_, how, mark) => `--set-xmark ${mark}/${how === "or" ? mark : "0x0"}`))
    .map((part) => part.replace(/^(--probability 0\.\d{6}).*/, "$1"))
    .toSorted()
    .join(" ");
}

function byChain(tables: Tables, table: "filter" | "nat"): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const put = (chain: string, rules: readonly string[]) => {
    if (rules.length > 0) all.set(chain, rules.map(partsOf));
  };
  for (const [chain, rules] of Object.entries(tables[table].jumps)) put(chain, rules);
  for (const [chain, rules] of tables[table].chains) put(chain, rules);
  return all;
}

function upstream(table: "filter" | "nat"): Map<string, string[]> {
  const all = new Map<string, string[]>();
  let current = "";
  for (const line of fixture("upstream.rules.txt")) {
    if (line.startsWith("*")) current = line.slice(1);
    // A counter of upstream's metrics: the same rule without it follows.
    else if (current === table && !line.includes("--nfacct-name")) {
      const [, chain = "", rule = ""] = /^-A (\S+) (.*)$/.exec(line) ?? [];
      all.set(chain, [...(all.get(chain) ?? []), partsOf(rule)]);
    }
  }
  return all;
}

/** Upstream writes Services in the order of a hash map: between them the order says nothing. */
const unordered = new Set(["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL"]);
const comparable = (chains: Map<string, string[]>) =>
  Object.fromEntries([...chains].map(([chain, rules]) => [chain, unordered.has(chain) ? rules.toSorted() : rules]).toSorted());

for (const table of ["filter", "nat"] as const)
  test(`chains and rules are upstream's: ${table}`, () => {
    assert.deepEqual(comparable(byChain(compiled(), table)), comparable(upstream(table)));
  });

test("node ports come last, whatever else is there", () => {
  const rules = compiled().nat.chains.get("KUBE-SERVICES")!;
  assert.match(rules.at(-1)!, /-j KUBE-NODEPORTS$/);
});

test("one endpoint more writes the chains of its Service; equal tables write nothing", () => {
  const before = compiled();
  assert.equal(restoreScript(before, compiled()), "");
  const grown = slices.map((slice) =>
    slice.metadata.name === "web-x"
      ? { ...slice, endpoints: [...slice.endpoints!, { addresses: ["10.244.2.9"], nodeName: "n2", conditions: { ready: true } }] }
      : slice,
  );
  const after = compileIptables(serviceTable(services, grown, { nodeName: "n1", zone: "a" }), options);
  const lines = restoreScript(before, after).trim().split("\n");
  const touched = lines.filter((line) => line.startsWith(":")).map((line) => line.slice(1, 9));
  assert.deepEqual(touched.toSorted(), ["KUBE-SEP", "KUBE-SVC"]);
  assert.equal(lines[0], "*nat");
  const back = restoreScript(after, before);
  assert.match(back, /^-X KUBE-SEP-\w{16}$/m);
});

test("what an earlier life left goes, and each jump stands once", () => {
  const found = {
    filter: { chains: new Set(["KUBE-FORWARD"]), jumps: ["FORWARD -j KUBE-FORWARD"] },
    nat: { chains: new Set(["KUBE-SVC-OLDOLDOLDOLDOLDO"]), jumps: [] },
  };
  const script = replaceScript(found, compiled());
  assert.match(script, /^-D FORWARD -j KUBE-FORWARD$/m);
  assert.match(script, /^-X KUBE-SVC-OLDOLDOLDOLDOLDO$/m);
  assert.equal(script.match(/^-I FORWARD \d .*-j KUBE-FORWARD$/gm)?.length, 1);
});
