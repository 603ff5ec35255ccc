/** systemd's logind, by its own tools: holds a shutdown up for a while, and tells when one begins. */
import type { ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunResult, run, tryRun } from "#linux/mod.ts";

export interface Logind {
  /** For how long it lets a shutdown be held up, in milliseconds. */
  delayMs(): Promise<number>;
  /** Asks for another time; it takes effect soon after. */
  setDelay(ms: number): Promise<void>;
  /** Holds a shutdown up until it is let go. Rejects when it cannot. */
  inhibit(): Promise<{ release(): void }>;
  /** Tells each time that a shutdown begins (true) or is called off; resolves when it tells no more. */
  watch(signal: AbortSignal, tell: (begins: boolean) => void): Promise<void>;
}

const bus = ["busctl", "--system", "--json=short"];
const manager = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"];
const match = "type='signal',path='/org/freedesktop/login1',interface='org.freedesktop.login1.Manager',member='PrepareForShutdown'";
const configFolder = "/etc/systemd/logind.conf.d";
/** No end of its own. */
const forever = 0;

export const machineLogind: Logind = {
  async delayMs() {
    const text = await run([...bus, "get-property", ...manager, "InhibitDelayMaxUSec"]).catch((cause) => {
      throw new Error("failed reading InhibitDelayMaxUSec property from logind", { cause });
    });
    return Number((JSON.parse(text) as { data: number }).data) / 1000;
  },
  async setDelay(ms) {
    await mkdir(configFolder, { recursive: true });
    const text = `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${Math.round(ms / 1000)}\n`;
    await writeFile(join(configFolder, "99-kubelet.conf"), text, { mode: 0o644 });
    const systemd = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"];
    // SIGHUP: logind reads its configuration again.
    await run([...bus, "call", ...systemd, "KillUnit", "ssi", "systemd-logind.service", "all", "1"]).catch((cause) => {
      throw new Error("unable to reload logind conf", { cause });
    });
  },
  inhibit() {
    const why = "Kubelet needs time to handle node shutdown";
    const words = ["systemd-inhibit", "--what=shutdown", "--who=kubelet", `--why=${why}`, "--mode=delay"];
    return new Promise((resolve, reject) => {
      let held: ChildProcess | undefined;
      const ended = ({ stderr }: RunResult) => reject(new Error(`failed creating systemd inhibitor: ${stderr.trim()}`));
      // It says something once it runs, which is when it is held; and it ends with whoever holds it.
      tryRun([...words, "sh", "-c", "echo held; exec cat"], {
        pipeInput: true,
        timeoutMs: forever,
        started(child) {
          held = child;
          child.stdout?.once("data", () => resolve({ release: () => void held?.stdin?.end() }));
        },
      }).then(ended, reject);
    });
  },
  async watch(signal, tell) {
    let rest = "";
    const read = (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const begins = shutdownIn(line);
        if (begins !== undefined) tell(begins);
      }
    };
    const { stderr } = await tryRun([...bus, `--match=${match}`, "monitor"], {
      timeoutMs: forever,
      signal,
      started: (child) => void child.stdout?.on("data", read),
    });
    if (!signal.aborted) throw new Error(`failed to monitor shutdown: ${stderr.trim()}`);
  },
};

/** Of a line of `busctl monitor`; undefined: it is about something else. */
export function shutdownIn(line: string): boolean | undefined {
  if (!line.startsWith("{")) return undefined;
  const { member, payload } = JSON.parse(line) as { member?: string; payload?: { data?: unknown[] } };
  const [begins] = payload?.data ?? [];
  return member === "PrepareForShutdown" && typeof begins === "boolean" ? begins : undefined;
}
