/** A cluster of its own for end-to-end tests: started by the launcher as a user would, in a place of its own. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const spoke = join(root, "spoke");

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Whether this machine can run real nodes; the reason if not. */
export function realNodes(): string | undefined {
  if (process.getuid?.() !== 0) return "real nodes need root";
  return process.platform === "linux" ? undefined : "real nodes need Linux";
}

/** Upstream's kubectl, when one is on PATH (ours is recognized by what it says about itself). */
export function upstreamKubectl(): string | undefined {
  for (const folder of process.env.SPOKE_UPSTREAM_KUBECTL ? [] : (process.env.PATH ?? "").split(":")) {
    const file = join(folder, "kubectl");
    if (existsSync(file) && !readFileSync(file).subarray(0, 2).equals(Buffer.from("#!"))) return file;
  }
  return process.env.SPOKE_UPSTREAM_KUBECTL;
}

export class TestCluster {
  readonly name: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #kubectl: string[];
  readonly #within: string[];
  readonly #children = new Set<ChildProcess>();

  /** `netns`: a network namespace that stands for the machine. */
  constructor(name: string, kubectl: string[], { netns }: { netns?: string } = {}) {
    this.name = name;
    this.#within = netns ? ["nsenter", `--net=/run/netns/${netns}`] : [];
    this.folder = mkdtempSync(join(tmpdir(), `spoke-e2e-${name}-`));
    this.kubeconfig = join(this.folder, "kubeconfig");
    this.#kubectl = kubectl;
  }
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig, SPOKE_CLUSTER: this.name, HOME: this.folder };
  }
  spoke(...words: string[]): Output {
    const mode = process.env.SPOKE_TEST_PROXY_MODE;
    // The whole of a test in the other mode; and no test reaches outside of this machine.
    const closed = this.#within.length > 0 ? [] : ["--no-uplink"];
    const more = words[0] === "up" ? [...(mode ? ["--proxy-mode", mode] : []), ...closed] : [];
    const [command = "", ...argv] = [...this.#within, spoke, ...words, ...more];
    return outputOf(spawnSync(command, argv, { env: this.env, encoding: "utf8", cwd: root, timeout: 180_000 }));
  }
  /** One kubectl command; asserts success unless told to expect a failure. */
  kubectl(line: string | string[], options: { input?: string; fails?: boolean; timeoutMs?: number } = {}): Output {
    const words = Array.isArray(line) ? line : line.split(" ");
    const [command = "", ...before] = [...this.#within, ...this.#kubectl];
    const output = outputOf(
      spawnSync(command, [...before, ...words], {
        env: this.env,
        encoding: "utf8",
        cwd: root,
        input: options.input ?? "",
        timeout: options.timeoutMs ?? 90_000,
      }),
    );
    if (!options.fails) assert.equal(output.code, 0, `kubectl ${words.join(" ")}: exit ${output.code}\n${output.stdout}${output.stderr}`);
    return output;
  }
  apply(manifest: object | string): Output {
    return this.kubectl("apply -f -", { input: typeof manifest === "string" ? manifest : JSON.stringify(manifest) });
  }
  /** kubectl in the background: its output so far, and a way to end it. */
  start(line: string): { child: ChildProcess; text(): string; stop(): Promise<void> } {
    const [command = "", ...before] = [...this.#within, ...this.#kubectl];
    const child = spawn(command, [...before, ...line.split(" ")], { env: this.env, cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    let text = "";
    child.stdout.on("data", (part) => (text += part));
    child.stderr.on("data", (part) => (text += part));
    return { child, text: () => text, stop: () => this.#end(child) };
  }
  async #end(child: ChildProcess): Promise<void> {
    this.#children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  async destroy(): Promise<Output> {
    for (const child of [...this.#children]) await this.#end(child);
    const output = this.spoke("destroy");
    rmSync(this.folder, { recursive: true, force: true });
    return output;
  }
}

export function outputOf(run: { status: number | null; stdout: string; stderr: string; error?: Error }): Output {
  return { code: run.status ?? -1, stdout: run.stdout ?? "", stderr: `${run.stderr ?? ""}${run.error ? run.error.message : ""}` };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until it does not throw; the last reason is the failure. */
export async function eventually<T>(what: string, look: () => T | Promise<T>, ms = 60_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what}: not within ${ms / 1000} s`, { cause: error });
      await sleep(100);
    }
  }
}

export interface Reply {
  status: number;
  body: string;
}

export function get(url: string, options: { timeoutMs?: number; headers?: Record<string, string> } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = 5000, headers } = options;
    const call = request(url, { agent: false, timeout: timeoutMs, ...(headers ? { headers } : {}) }, (response) => {
      let body = "";
      response.on("data", (part) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`${url}: no answer in time`)));
    call.on("error", reject);
    call.end();
  });
}

/** Asks a URL at a steady rate; the failures are what the test is about. */
export function load(
  url: string,
  perSecond: number,
  expected = "Hello Kubernetes!",
  headers: Record<string, string> = {},
): { stop(): Promise<{ asked: number; failures: string[] }> } {
  let asked = 0;
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const batch = Math.max(1, Math.round(perSecond / 50));
    for (let at = 0; at < batch; at++) {
      asked++;
      const one: Promise<void> = get(url, { headers }).then(
        ({ status, body }) => {
          if (status !== 200 || !body.includes(expected)) failures.push(`HTTP ${status}: ${body.slice(0, 80)}`);
        },
        (error) => void failures.push(String(error.message)),
      );
      open.add(one);
      void one.finally(() => open.delete(one));
    }
  }, 20);
  // A test that failed does not stop it, and ends all the same.
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return { asked, failures };
    },
  };
}

/** What a cluster of this name has on the host; other clusters may come and go beside it. */
export function traces(cluster: string): string[] {
  const lines = (command: string, ...words: string[]) => (spawnSync(command, words, { encoding: "utf8" }).stdout ?? "").split("\n");
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);
  const slot = /"slot": (\d+)/.exec(
    existsSync(`/var/lib/spoke/${cluster}/cluster.json`) ? readFileSync(`/var/lib/spoke/${cluster}/cluster.json`, "utf8") : "",
  )?.[1];
  if (slot !== undefined) slots.set(cluster, slot);
  const ours = slots.get(cluster) ?? "0";
  return [
    ...lines("ip", "-br", "link").filter((line) => new RegExp(`^spoke${ours}(n\\d|\\s|@)`).test(line)),
    ...["-4", "-6"].flatMap((family) => lines("ip", family, "route").filter((line) => line.includes(`spoke${ours}`))),
    ...lines("nft", "list", "tables").filter((line) => line.includes(`spoke_uplink_${ours}`)),
    ...list("/run/netns").filter((name) => name.includes(`spoke-${cluster}-`)),
    ...readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(`/spoke/${cluster}/`)),
    ...list("/sys/fs/cgroup").flatMap((tree) => list(join(tree, "spoke")).filter((name) => name.endsWith(`/${cluster}`))),
    ...["/var/lib/spoke", "/run/spoke"].map((folder) => join(folder, cluster)).filter((folder) => existsSync(folder)),
    ...lines("ps", "-eo", "args").filter((line) => line.includes(`/spoke/${cluster}/`) || line.includes(`--name ${cluster}`)),
  ];
}
const slots = new Map<string, string>();
