/** Pods created and bound on 1000 nodes that are objects only: the whole control plane of each side, scheduler included. */
import { join } from "node:path";
import { alternately, Figures, must, peerBin } from "./sides.ts";

const nodes = 1000;
/** Anti-affinity lets one pod onto each node. */
const shapes: { row: string; shape: string; pods: number }[] = [
  { row: "plain", shape: "", pods: 1500 },
  { row: "spread over zones", shape: "spread", pods: 1500 },
  { row: "anti-affinity by host", shape: "anti", pods: 900 },
  { row: "affinity by zone", shape: "affinity", pods: 1500 },
];

export async function benchSchedule(repeats: number, rows: RegExp): Promise<void> {
  const figures = new Figures();
  const chosen = shapes.filter(({ row }) => rows.test(row));
  await alternately(repeats, async (start) => {
    for (const { row, shape, pods } of chosen) {
      // Fresh each time: nodes that nobody renews are called NotReady within a minute.
      const side = await start({ withNode: false });
      const bench = (...args: string[]) =>
        must(join(peerBin, "apibench"), ["-kubeconfig", side.kubeconfig, "-pids", side.pids.join(","), ...args]);
      try {
        bench("nodes", "-n", `${nodes}`, "-c", "16");
        const text = bench("-shape", shape, "-dur", "60s", "schedule", "-n", `${pods}`, "-c", "16");
        const [, left] = /(\d+) left unbound/.exec(text) ?? [];
        const [, rate, cpu] = /([\d.]+) pods\/s {2}cpu ([\d.]+) s/.exec(text) ?? [];
        if (left || !rate) throw new Error(`${row} on ${side.name}: ${text}`);
        figures.add(row, side.name, pods / Number(cpu), { better: "more", unit: "pods per CPU-second" });
        figures.add(`${row}, rate`, side.name, Number(rate), { better: "more", unit: "pods per second" });
      } finally {
        side.stop();
      }
    }
  });
  console.log(`Pods created by 16 writers and bound on ${nodes} nodes, median of ${repeats} (lowest–highest).\n`);
  figures.print();
}
