/** Machines that are none: each a network, mount and name space of its own on this host, with folders of its own, on one bridge without a way out. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Output, outputOf, root, spoke } from "./cluster.ts";

/** Folders that a machine has for itself; images that were made are shared. */
const folders = ["/var/lib/spoke", "/run/spoke", "/run/netns", "/run/containerd"];

const must = (command: string, ...words: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr}`);
  return stdout;
};

/** A segment that machines are plugged into. */
export class Segment {
  readonly name: string;
  readonly folder: string;
  readonly machines: Machine[] = [];
  /** Of all machines. */
  env: NodeJS.ProcessEnv = {};

  constructor(name: string) {
    this.name = name;
    // Not in /tmp, which may be memory: overlays of containers lie here.
    this.folder = mkdtempSync(join("/var/tmp", `spoke-${name}-`));
    must("ip", "netns", "add", name);
    must("ip", "-n", name, "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0");
    for (const link of ["br0", "lo"]) must("ip", "-n", name, "link", "set", link, "up");
    must("ip", "netns", "exec", name, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
  }
  /** Its end of a subnet: machines of several subnets reach each other by it. */
  route(gateway: string): void {
    must("ip", "-n", this.name, "address", "add", gateway, "dev", "br0");
  }
  async plug(name: string, address: string): Promise<Machine> {
    const machine = new Machine(this, name, address);
    this.machines.push(machine);
    await machine.ready;
    return machine;
  }
  async end(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.end()));
    spawnSync("ip", ["netns", "delete", this.name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Machine {
  readonly name: string;
  readonly ready: Promise<unknown>;
  readonly #segment: Segment;
  readonly #folder: string;
  readonly #netns: string;
  readonly #holder: ChildProcess;

  constructor(segment: Segment, name: string, address: string) {
    this.name = name;
    this.#segment = segment;
    this.#folder = join(segment.folder, name);
    this.#netns = `${segment.name}-${name}`;
    must("ip", "netns", "add", this.#netns);
    must("ip", "link", "add", "eth0", "netns", this.#netns, "type", "veth", "peer", "name", name, "netns", segment.name);
    must("ip", "-n", segment.name, "link", "set", name, "master", "br0", "up");
    for (const words of ["link set lo up", "link set eth0 up", `address add ${address} dev eth0`])
      must("ip", "-n", this.#netns, ...words.split(" "));
    // No default route: there is no world.
    must("ip", "-n", this.#netns, "route", "add", "192.168.0.0/16", "via", address.replace(/\d+\/.*/, "254"));
    const mounts = folders.map((folder, at) => {
      const own = join(this.#folder, String(at));
      mkdirSync(own, { recursive: true });
      mkdirSync(folder, { recursive: true });
      return `mount --bind ${own} ${folder}`;
    });
    const script = [`hostname ${name}`, ...mounts, "mount --make-private /run/netns", "echo ready", "exec sleep infinity"].join(" && ");
    const words = [`--net=/run/netns/${this.#netns}`, "unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c", script];
    this.#holder = spawn("nsenter", words, { stdio: ["ignore", "pipe", "inherit"] });
    this.ready = once(this.#holder.stdout!, "data");
  }
  /** What the command line is that runs `argv` there. */
  within(argv: readonly string[]): string[] {
    return ["nsenter", `--target=${this.#holder.pid}`, "--mount", "--net", "--uts", `--wd=${root}`, "--", ...argv];
  }
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.#segment.env,
      HOME: this.#folder,
      KUBECONFIG: join(this.#folder, "kubeconfig"),
      SPOKE_CLUSTER: "spoke",
    };
  }
  run(argv: readonly string[], { input = "", timeoutMs = 120_000 }: { input?: string; timeoutMs?: number } = {}): Output {
    const [command = "", ...words] = this.within(argv);
    return outputOf(spawnSync(command, words, { env: this.env, encoding: "utf8", cwd: root, input, timeout: timeoutMs }));
  }
  /** As `run`, while others run too. */
  async start(argv: readonly string[]): Promise<Output> {
    const [command = "", ...words] = this.within(argv);
    const child = spawn(command, words, { env: this.env, cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: 180_000 });
    const output = { code: -1, stdout: "", stderr: "" };
    child.stdout.on("data", (part) => (output.stdout += part));
    child.stderr.on("data", (part) => (output.stderr += part));
    [output.code = -1] = await once(child, "close");
    return output;
  }
  spoke(...words: string[]): Output {
    return this.run([spoke, ...words]);
  }
  /** The cable. */
  link(state: "up" | "down"): void {
    must("ip", "-n", this.#segment.name, "link", "set", this.name, state);
  }
  /** What a cluster could have left. */
  traces(): string[] {
    const lines = (line: string) => this.run(line.split(" ")).stdout.split("\n").filter(Boolean);
    return [
      ...lines("ip -br link").filter((line) => !/^(lo|eth0)/.test(line)),
      ...lines("ip route").filter((line) => !/^192\.168\./.test(line)),
      ...lines("nft list tables"),
      ...lines("ls -A /var/lib/spoke /run/spoke /run/netns").filter((line) => !line.endsWith(":")),
      ...lines("ps -eo args").filter((line) => line.includes(`--node ${this.name}`)),
    ];
  }
  async end(): Promise<void> {
    await this.start([spoke, "destroy"]);
    this.#holder.kill("SIGKILL");
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) await once(this.#holder, "exit");
    spawnSync("ip", ["netns", "delete", this.#netns]);
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true, force: true });
  }
}
