/** A real etcd for tests: the one on PATH, or Debian's package unpacked into the user's cache; where there is none, why. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { systemClock } from "#base/mod.ts";
import { createEtcdStore } from "./etcd-store.ts";

const cache = join(homedir(), ".cache", "spoke-test", "etcd");
const unpacked = join(cache, "usr", "bin", "etcd");
const startMs = 15_000;

/** The path of a binary, or why there is none. Nothing is installed and no service started. */
export function findEtcd(): { path: string } | { missing: string } {
  for (const folder of (process.env.PATH ?? "").split(delimiter))
    if (["etcd", "etcdctl"].every((name) => folder && existsSync(join(folder, name)))) return { path: join(folder, "etcd") };
  if ([unpacked, join(dirname(unpacked), "etcdctl")].every(existsSync)) return { path: unpacked };
  if (!existsSync("/etc/debian_version")) return { missing: "no etcd on PATH, and this is not Debian" };
  if (process.getuid?.() !== 0) return { missing: "no etcd on PATH (apt-get install etcd-server)" };
  try {
    mkdirSync(cache, { recursive: true });
    execFileSync("apt-get", ["download", "etcd-server", "etcd-client"], { cwd: cache, stdio: "pipe", timeout: 60_000 });
    for (const file of readdirSync(cache).filter((name) => name.endsWith(".deb"))) {
      execFileSync("dpkg-deb", ["-x", file, "."], { cwd: cache, stdio: "pipe", timeout: 30_000 });
      rmSync(join(cache, file));
    }
    return { path: unpacked };
  } catch (error) {
    return { missing: `no etcd on PATH, and apt-get could not fetch it: ${(error as Error).message.split("\n")[0]}` };
  }
}

export interface RunningEtcd {
  endpoint: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** `folder`: its data, which it has or begins there; absent: some that go with it. */
export async function startEtcd(path: string, folder = mkdtempSync(join(tmpdir(), "spoke-etcd-"))): Promise<RunningEtcd> {
  const [client, peer] = [await freePort(), await freePort()];
  const [endpoint, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const options = {
    "--data-dir": folder,
    "--listen-client-urls": endpoint,
    "--advertise-client-urls": endpoint,
    "--listen-peer-urls": peerUrl,
    "--initial-advertise-peer-urls": peerUrl,
    "--initial-cluster": `default=${peerUrl}`,
    "--log-level": "error",
    // The shortest life of a lease follows from these.
    "--heartbeat-interval": "20",
    "--election-timeout": "200",
  };
  const child = spawn(path, Object.entries(options).flat(), { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const end = systemClock.monotonic() + startMs;
  for (;;) {
    try {
      const store = await createEtcdStore({ endpoints: [endpoint] });
      await store.close();
      return { endpoint, process: child, stop };
    } catch (error) {
      if (systemClock.monotonic() > end || child.exitCode !== null) {
        await stop();
        throw error;
      }
      await systemClock.sleep(50);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
