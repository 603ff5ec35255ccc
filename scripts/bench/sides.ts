/** The two sides of a comparison: a cluster of ours and one of upstream's, each started fresh and removed afterwards. */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const peerTools = process.env.SPOKE_PEER ?? join(root, "../shared/peer");
export const peerBin = process.env.SPOKE_PEER_BIN ?? join(homedir(), ".cache/spoke-peer/bin");

export interface Side {
  name: "spoke" | "upstream";
  kubeconfig: string;
  /** Seconds from nothing until the API server was ready. */
  apiReady: number;
  /** Seconds from nothing until the node was Ready; undefined without a node. */
  nodeReady?: number;
  /** Processes of the control plane. */
  pids: number[];
  stop(): void;
}

export interface SideOptions {
  /** A node that runs real containers. */
  withNode: boolean;
}

export const hasPeer = (): boolean => existsSync(join(peerTools, "up")) && existsSync(join(peerBin, "kube-apiserver"));

export function must(command: string, args: string[], options: SpawnSyncOptions = {}): string {
  const run = spawnSync(command, args, { encoding: "utf8", ...options });
  if (run.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${run.error?.message ?? run.stderr ?? `ended with ${run.status}`}`);
  return String(run.stdout);
}

const cluster = "bench";
const spoke = (args: string[], env: NodeJS.ProcessEnv = {}) => must(join(root, "spoke"), args, { env: { ...process.env, ...env } });

export async function startSpoke({ withNode }: SideOptions): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "spoke-bench-"));
  const kubeconfig = join(folder, "kubeconfig");
  const stop = () => {
    spoke(["destroy", "--name", cluster], { KUBECONFIG: kubeconfig });
    rmSync(folder, { recursive: true, force: true });
  };
  const at = performance.now();
  const text = spoke(["up", "--name", cluster, "--nodes", withNode ? "1" : "0", "--no-uplink"], { KUBECONFIG: kubeconfig });
  // Its own clock starts after its launcher: what is left of the whole run belongs to the start.
  const lines = [...text.matchAll(/^ *([\d.]+)s {2}(.*)$/gm)].map(([, time, words]) => ({ time: Number(time), words: words! }));
  const launch = (performance.now() - at) / 1000 - (lines.at(-1)?.time ?? 0);
  const said = (words: string) => launch + (lines.find((line) => line.words.startsWith(words))?.time ?? Number.NaN);
  const pids = commandLines()
    .filter(({ line }) => line.includes("control-plane") && line.includes(`--name ${cluster}`))
    .map(({ pid }) => pid);
  return {
    name: "spoke",
    kubeconfig,
    apiReady: said("the API server answers"),
    ...(withNode && { nodeReady: said(`${cluster}-node-1 is Ready`) }),
    pids,
    stop,
  };
}

/** With a node: all of it in a network namespace of its own, reached through that namespace. */
export async function startUpstream({ withNode }: SideOptions): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "upstream-bench-"));
  const [state, node] = [join(folder, "state"), join(folder, "node")];
  if (withNode) makeNamespace();
  const stop = () => {
    if (withNode) must(join(peerTools, "node-down"), [node]);
    must(join(peerTools, "down"), [state]);
    if (withNode) must("ip", ["netns", "del", namespace]);
    rmSync(folder, { recursive: true, force: true });
  };
  const at = performance.now();
  inside(withNode, join(peerTools, "up"), [state, "--with-controllers"]);
  const apiReady = (performance.now() - at) / 1000;
  const kubeconfig = join(state, "admin.kubeconfig");
  if (withNode) inside(true, join(peerTools, "node"), [node, kubeconfig, "n1", "10.99.1.2", "10.242.1.0/24"]);
  const pids = ["etcd", "apiserver", "kcm", "scheduler"].map((name) => Number(readFileSync(join(state, `${name}.pid`), "utf8")));
  const side: Side = { name: "upstream", kubeconfig, apiReady, pids, stop };
  if (withNode) {
    await until(() => nodeIsReady(side));
    side.nodeReady = (performance.now() - at) / 1000;
  }
  return side;
}

const nodeIsReady = (side: Side) =>
  kubectl(side, ["get", "nodes", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"]) === "True";

/** Asks again until it is so; a refusal counts as not yet. A minute at most. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      if (isSo()) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) throw new Error("a minute has passed, and it is not so");
    await new Promise((done) => setTimeout(done, 20));
  }
}

const namespace = "spoke-bench";

function makeNamespace(): void {
  must("ip", ["netns", "add", namespace]);
  const within = (words: string) => must("ip", ["-n", namespace, ...words.split(" ")]);
  for (const words of [
    "link set lo up",
    "link add n0 type bridge",
    "addr add 10.99.1.2/24 dev n0",
    "link set n0 up",
    "route add default dev n0",
  ])
    within(words);
  must("ip", ["netns", "exec", namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
}

/** Output goes to files: what upstream's scripts leave running would hold a pipe open. */
function inside(isInside: boolean, command: string, args: string[]): void {
  const words = isInside ? ["nsenter", `--net=/run/netns/${namespace}`, command, ...args] : [command, ...args];
  must(words[0]!, words.slice(1), { stdio: "ignore" });
}

/** Upstream's kubectl for both sides, so that the client is the same. */
export function kubectl(side: Side, args: string[], input?: string): string {
  const words = [join(peerBin, "kubectl"), "--kubeconfig", side.kubeconfig, ...args];
  const away = side.name === "upstream" && existsSync(`/run/netns/${namespace}`) ? ["nsenter", `--net=/run/netns/${namespace}`] : [];
  const [command, ...rest] = [...away, ...words];
  return must(command!, rest, { input });
}

function commandLines(): { pid: number; line: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), line: readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** Proportional set size of these processes, MB. */
export function memoryOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0));
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** User and system time of these processes, seconds. */
export function cpuOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

/** A B B A A B …: what drifts in the machine falls on both sides alike. */
export async function alternately(repeats: number, each: (start: typeof startSpoke) => Promise<void>): Promise<void> {
  if (!hasPeer()) console.log("The peer is not here (see the head of scripts/bench.ts): only our own figures follow.\n");
  for (let turn = 0; turn < repeats; turn++) {
    const order = turn % 2 === 0 ? [startSpoke, startUpstream] : [startUpstream, startSpoke];
    for (const start of order) if (start === startSpoke || hasPeer()) await each(start);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Figures of both sides by row; `better` says which way the ratio is told. */
export class Figures {
  readonly #rows = new Map<string, { better: "more" | "less"; unit: string; values: Record<Side["name"], number[]> }>();

  add(row: string, side: Side["name"], value: number, { better, unit }: { better: "more" | "less"; unit: string }): void {
    let known = this.#rows.get(row);
    if (!known) this.#rows.set(row, (known = { better, unit, values: { spoke: [], upstream: [] } }));
    known.values[side].push(value);
  }

  print(): void {
    const text = (values: readonly number[]) => {
      if (values.length === 0) return "–";
      const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
      const spread = values.length > 1 ? ` (${digits(Math.min(...values))}–${digits(Math.max(...values))})` : "";
      return `${digits(median(values))}${spread}`;
    };
    console.log("| Workload | Unit | Spoke | Upstream | Better by |\n|---|---|---|---|---|");
    for (const [row, { better, unit, values }] of this.#rows) {
      const both = values.spoke.length > 0 && values.upstream.length > 0;
      const ratio = both
        ? better === "more"
          ? median(values.spoke) / median(values.upstream)
          : median(values.upstream) / median(values.spoke)
        : 0;
      console.log(`| ${row} | ${unit} | ${text(values.spoke)} | ${text(values.upstream)} | ${both ? `${ratio.toFixed(1)}×` : "–"} |`);
    }
  }
}
