/** NetworkPolicies compiled: 1,000 policies and 1,000 pods, all in one namespace and all of them this node's, which is the hardest. */
import type { NetworkPolicy, Pod } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { transaction } from "#linux/mod.ts";
import { PolicyCompiler, type PolicyInput } from "#policy/mod.ts";

const policies = 1000;
const pods = 1000;
const apps = 100;
const changes = 100;

export async function benchPolicy(repeats: number): Promise<void> {
  const rows = new Map<string, { ms: number; cpuMs: number }[]>();
  const timed = <T>(row: string, work: () => T): T => {
    const [from, used] = [systemClock.monotonic(), process.cpuUsage()];
    const result = work();
    const { user, system } = process.cpuUsage(used);
    rows.set(row, [...(rows.get(row) ?? []), { ms: systemClock.monotonic() - from, cpuMs: (user + system) / 1000 }]);
    return result;
  };
  let elements = 0;
  for (let run = 0; run < repeats; run++) {
    const input = inputOf();
    const compiler = new PolicyCompiler({ nodeName: "n1" });
    let standing = timed("compile all", () => compiler.compile(input));
    timed("its script", () => transaction("bench", undefined, standing));
    elements = [...standing.sets.values()].reduce((sum, set) => sum + set.elements.size, 0);
    for (let change = 0; change < changes; change++) {
      const at = (change * 37) % pods;
      const next = { ...input, pods: input.pods.with(at, podOf(at, change + 1)) };
      standing = timed("one changed pod, its script with it", () => {
        const rules = compiler.compile(next);
        transaction("bench", standing, rules);
        return rules;
      });
    }
  }
  const sorted = (row: string, of: "ms" | "cpuMs") =>
    rows
      .get(row)!
      .map((each) => each[of])
      .toSorted((a, b) => a - b);
  const shown = (all: readonly number[]) => `${all[all.length >> 1]!.toFixed(1)} | ${all.at(-1)!.toFixed(1)}`;
  console.log(`${policies} policies, ${pods} pods, all of one node; ${elements} elements of sets and maps; ${repeats} runs.\n`);
  console.log("| | median ms | worst ms | median CPU ms | worst |\n|---|---|---|---|---|");
  for (const row of rows.keys()) console.log(`| ${row} | ${shown(sorted(row, "ms"))} | ${shown(sorted(row, "cpuMs"))} |`);
}

function inputOf(): PolicyInput {
  return {
    policies: Array.from({ length: policies }, (_, index) => policyOf(index)),
    pods: Array.from({ length: pods }, (_, index) => podOf(index, index)),
    namespaces: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "bench", labels: { team: "a" } } }],
  };
}

function podOf(index: number, app: number): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `pod-${index}`,
      namespace: "bench",
      uid: `uid-${index}`,
      labels: { app: `app-${app % apps}`, tier: `tier-${app % 3}` },
    },
    spec: { nodeName: "n1", containers: [{ name: "c", ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] }] },
    status: { phase: "Running", podIP: `10.244.${index >> 8}.${index & 255}` },
  };
}

function policyOf(index: number): NetworkPolicy {
  const app = (n: number) => ({ matchLabels: { app: `app-${n % apps}` } });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `policy-${index}`, namespace: "bench" },
    spec: {
      podSelector: app(index),
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { from: [{ podSelector: app(index * 7) }, { podSelector: { matchLabels: { app: `app-${index % apps}`, tier: "tier-1" } } }] },
      ],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { team: "a" } }, podSelector: app(index * 3) }],
          ports: [{ port: "http", protocol: "TCP" }],
        },
      ],
    },
  };
}
