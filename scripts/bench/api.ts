/** The same client against both control planes: requests per second of CPU that the whole control plane spent. */
import { join } from "node:path";
import { alternately, cpuOf, Figures, memoryOf, must, peerBin, type Side } from "./sides.ts";

const settleMs = 3000;
const idleMs = 20_000;
const count = 4000;

interface Workload {
  row: string;
  args: string[];
}

const workloads: Workload[] = [
  { row: "create pods of 3.6 KB, 16 writers", args: ["create", "-n", `${count}`, "-c", "16"] },
  { row: "create ConfigMaps of 1 KB, 32 writers", args: ["-kind", "configmap", "create", "-n", `${count}`, "-c", "32"] },
  { row: "get one pod, 16 readers", args: ["get", "-n", "8000", "-c", "16", "-objects", `${count}`] },
  { row: "strategic merge patch, 10 writers", args: ["patch", "-n", "2000", "-c", "10", "-objects", `${count}`] },
  { row: `list ${count} pods`, args: ["list", "-n", "10", "-c", "1"] },
  { row: "list 500 a page", args: ["list", "-n", "40", "-c", "1", "-limit", "500"] },
  { row: "lease renewals, 16 writers", args: ["lease", "-n", "4000", "-c", "16"] },
  { row: "100 changes/s to 10 watchers", args: ["watch", "-watchers", "10", "-dur", "8s", "-objects", `${count}`] },
  { row: "100 changes/s to 100 watchers", args: ["watch", "-watchers", "100", "-dur", "8s", "-objects", `${count}`] },
  { row: "100 changes/s to 500 watchers", args: ["watch", "-watchers", "500", "-dur", "8s", "-objects", `${count}`] },
];

export async function benchApi(repeats: number, rows: RegExp): Promise<void> {
  const [fill, ...others] = workloads;
  const chosen = [fill!, ...others.filter(({ row }) => rows.test(row))];
  const figures = new Figures();
  await alternately(repeats, async (start) => {
    const side = await start({ withNode: false });
    try {
      await new Promise((done) => setTimeout(done, settleMs));
      figures.add("idle, memory", side.name, memoryOf(side.pids), { better: "less", unit: "MB" });
      const before = cpuOf(side.pids);
      await new Promise((done) => setTimeout(done, idleMs));
      figures.add("idle, CPU", side.name, ((cpuOf(side.pids) - before) / (idleMs / 1000)) * 100, { better: "less", unit: "% of a core" });
      for (const workload of chosen) measure(side, workload, figures);
      figures.add("memory after all of it", side.name, memoryOf(side.pids), { better: "less", unit: "MB" });
    } finally {
      side.stop();
    }
  });
  console.log(
    `Whole control planes (API server, store, controllers, scheduler), TLS, RBAC and fsync on, median of ${repeats} (lowest–highest).\n`,
  );
  figures.print();
}

function measure(side: Side, { row, args }: Workload, figures: Figures): void {
  const text = must(join(peerBin, "apibench"), ["-kubeconfig", side.kubeconfig, "-pids", side.pids.join(","), ...args]);
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  if (/failed [1-9]/.test(text)) throw new Error(`${row} on ${side.name}: ${text}`);
  figures.add(row, side.name, number(/([\d.]+) (?:per|deliveries per) server-CPU-s/), { better: "more", unit: "per CPU-second" });
  if (args.includes("watch"))
    figures.add(`${row}, lag p99`, side.name, number(/lag p50 [\d.]+ ms p99 ([\d.]+) ms/), { better: "less", unit: "ms" });
  else {
    figures.add(`${row}, rate`, side.name, number(/ ([\d.]+)\/s /), { better: "more", unit: "per second" });
    figures.add(`${row}, p99`, side.name, number(/p99 ([\d.]+) ms/), { better: "less", unit: "ms" });
  }
}
