/** Upstream's own components, where their binaries are on this machine: for tests that pair them with ours. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { systemClock } from "#base/mod.ts";
import { keys } from "../../src/apiserver/fixture.ts";

const bin = process.env.SPOKE_PEER_BIN ?? join(homedir(), ".cache", "spoke-peer", "bin");
const startMs = 60_000;

/** Why upstream's component cannot be tested with here; false: it can. */
export function lacksPeer(...names: string[]): string | false {
  const missing = names.filter((name) => !existsSync(join(bin, name)));
  return missing.length > 0 && `upstream's ${missing.join(", ")} is not in ${bin} (SPOKE_PEER_BIN names another folder)`;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
type Any = any;

export interface Peer {
  server: string;
  /** With this administrator's token, and the server's certificate not checked. */
  kubeconfig: string;
  /** As administrator; a patch is a merge patch. */
  ask(method: string, path: string, body?: object): Promise<{ status: number; message: string; object: Any }>;
  stop(): Promise<void>;
}

interface Started {
  /** What it has written so far. */
  log(): string;
  stop(): Promise<void>;
}

/** A child process, its words in a file. */
function startProcess(path: string, args: string[]): Started & { process: ChildProcess } {
  const folder = mkdtempSync(join(tmpdir(), "spoke-peer-"));
  const file = join(folder, "log");
  const out = openSync(file, "w");
  const child = spawn(path, args, { stdio: ["ignore", out, out] });
  closeSync(out);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    process: child,
    log: () => readFileSync(file, "utf8"),
    async stop() {
      child.kill("SIGTERM");
      const timer = systemClock.after(10_000, () => child.kill("SIGKILL"));
      await ended;
      timer.cancel();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const peerNetwork = { serviceRange: "10.0.0.0/24", issuer: "https://kubernetes.default.svc.cluster.local" };
const token = "administrator-of-this-test";

/** What upstream's API server and ours take alike, for a test: keys, ranges, an administrator by token. */
function apiServerFlags(folder: string, port: number, etcd: string): string[] {
  const files = { "sa.key": keys.privateKey, "sa.pub": keys.publicKey, tokens: `${token},administrator,1,"system:masters"\n` };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return [
    `--etcd-servers=${etcd}`,
    `--cert-dir=${folder}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--token-auth-file=${join(folder, "tokens")}`,
    `--service-account-issuer=${peerNetwork.issuer}`,
    `--service-account-key-file=${join(folder, "sa.pub")}`,
    `--service-account-signing-key-file=${join(folder, "sa.key")}`,
    `--service-cluster-ip-range=${peerNetwork.serviceRange}`,
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true",
  ];
}

/** A program that takes `apiServerFlags`, once it is ready. */
async function startApiServer(path: string, etcd: string, more: string[] = [], first: string[] = []): Promise<Peer & Pick<Started, "log">> {
  const folder = mkdtempSync(join(tmpdir(), "spoke-peer-"));
  const port = await freePort();
  const started = startProcess(path, [...first, ...apiServerFlags(folder, port, etcd), ...more]);
  const server = `https://127.0.0.1:${port}`;
  const agent = new Agent({ connect: { rejectUnauthorized: false }, maxHeaderSize: 1 << 20 });
  const ask: Peer["ask"] = async (method, at, body) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = { authorization: `Bearer ${token}`, accept: "application/json, text/plain", "content-type": type };
    const answer = await request(`${server}${at}`, {
      dispatcher: agent,
      method: method as "GET",
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.body.text();
    const object = text.startsWith("{") ? JSON.parse(text) : text;
    return { status: answer.statusCode, message: object.message ?? "", object };
  };
  const stop = async () => {
    await agent.close();
    await started.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const end = systemClock.monotonic() + startMs;
  for (;;) {
    const answer = await ask("GET", "/readyz").catch((error: Error) => ({ status: 0, message: error.message, object: "" }));
    if (answer.status === 200) break;
    if (systemClock.monotonic() > end || started.process.exitCode !== null) {
      const log = started.log();
      await stop();
      throw new Error(`${path} did not become ready: ${answer.message} ${answer.object}\n${log.slice(-3000)}`);
    }
    await systemClock.sleep(50);
  }
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { token } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  return { server, kubeconfig, ask, stop, log: started.log };
}

/** Ours, by its command line. */
export const startOwnApiServer = (etcd: string, more: string[] = []) =>
  startApiServer(join(import.meta.dirname, "..", "..", "spoke"), etcd, more, ["apiserver"]);

export const startPeerApiServer = (etcd: string, more: string[] = []) => startApiServer(join(bin, "kube-apiserver"), etcd, more);

/** Ours or upstream's controllers or scheduler over an API server, as its administrator. */
export async function startPart(whose: "ours" | "upstream's", part: "controllers" | "scheduler", over: Peer, more: string[] = []) {
  const name = part === "controllers" ? "kube-controller-manager" : "kube-scheduler";
  const port = await freePort();
  const access = ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map((flag) => `--${flag}=${over.kubeconfig}`);
  const flags = [...access, "--bind-address=127.0.0.1", `--secure-port=${port}`, ...more];
  const started =
    whose === "ours"
      ? startProcess(join(import.meta.dirname, "..", "..", "spoke"), [part, ...flags])
      : startProcess(join(bin, name), flags);
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  return {
    log: started.log,
    /** Status and text of its port, with the administrator's token or with none. */
    async get(path: string, known: boolean): Promise<string> {
      const headers = known ? { authorization: `Bearer ${token}` } : {};
      const answer = await request(`https://127.0.0.1:${port}${path}`, { dispatcher: agent, headers });
      return `${answer.statusCode} ${await answer.body.text()}`;
    },
    async stop() {
      await agent.close();
      await started.stop();
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
