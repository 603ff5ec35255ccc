/** One kubectl command on one object, ours beside upstream's on the same server: wall time, and CPU of the process. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Figures, peerBin, type Side, until } from "./sides.ts";

/** Single runs say little on a busy machine. */
const leastRuns = 5;

const root = join(import.meta.dirname, "../..");
const programs: Record<Side["name"], string[]> = {
  spoke: [join(root, "spoke"), "kubectl"],
  upstream: [join(peerBin, "kubectl")],
};

export async function benchKubectl(repeats: number, rows: RegExp): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "spoke-bench-kubectl-"));
  const kubeconfig = join(folder, "config");
  const server = serve(kubeconfig);
  try {
    await until(() => existsSync(kubeconfig) && statSync(kubeconfig).size > 0);
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const words = ["get", "pods", "-n", "cli", "-o", "jsonpath={.items[0].metadata.name}"];
    let pod = "";
    await until(() => (pod = spawnSync(programs.spoke[0]!, ["kubectl", ...words], { env, encoding: "utf8" }).stdout.trim()) !== "");
    measure(env, { folder, pod, repeats, rows });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function serve(kubeconfig: string): ChildProcess {
  return spawn(process.execPath, [join(root, "scripts/serve-alone.ts"), kubeconfig, "--nodes", "1"], { stdio: "ignore" });
}

function measure(env: NodeJS.ProcessEnv, how: { folder: string; pod: string; repeats: number; rows: RegExp }): void {
  const lines: Record<string, string[]> = {
    "get one pod": ["get", "pod", how.pod, "-n", "cli"],
    "get one pod -o yaml": ["get", "pod", how.pod, "-n", "cli", "-o", "yaml"],
    "describe one pod": ["describe", "pod", how.pod, "-n", "cli"],
    "logs of one pod": ["logs", how.pod, "-n", "cli"],
    "apply of one Service": ["apply", "-f", "-", "-n", "cli"],
    "complete a pod's name": ["__complete", "get", "pods", "-n", "cli", ""],
    "version --client": ["version", "--client"],
  };
  const input = "apiVersion: v1\nkind: Service\nmetadata: { name: bench }\nspec: { selector: { app: bench }, ports: [{ port: 80 }] }\n";
  const figures = new Figures();
  const sides = (Object.keys(programs) as Side["name"][]).filter((name) => existsSync(programs[name][0]!));
  for (const [row, args] of Object.entries(lines).filter(([row]) => how.rows.test(row))) {
    for (let turn = -1; turn < Math.max(how.repeats, leastRuns); turn++) {
      for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
        const own = { ...env, HOME: join(how.folder, side) };
        const { wall, cpu } = timed([...programs[side], ...args], own, input);
        // The first fills caches: discovery on disk, and ours compiled.
        if (turn < 0) continue;
        figures.add(`${row}, wall`, side, wall, { better: "less", unit: "ms" });
        figures.add(`${row}, CPU`, side, cpu, { better: "less", unit: "ms" });
      }
    }
  }
  figures.print();
}

/** Milliseconds, by bash's own clock. */
function timed(command: string[], env: NodeJS.ProcessEnv, input: string): { wall: number; cpu: number } {
  const script = 'exec 3>&2; TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&1; } 2>&3';
  const run = spawnSync("bash", ["-c", script, "bash", ...command], { env, input, encoding: "utf8" });
  const [wall = 0, user = 0, system = 0] = run.stderr
    .trim()
    .split(" ")
    .map((seconds) => Number(seconds) * 1000);
  if (run.status !== 0) throw new Error(`${command.join(" ")}: ended with ${run.status}`);
  return { wall, cpu: user + system };
}
