/** A whole kubelet for tests: fake runtime, fake API, virtual clock, real files in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Pod, pods } from "#api/mod.ts";
import { seededRandom, silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import { startKubelet } from "../kubelet.ts";
import type { KubeletOptions, Mounts } from "../options.ts";
import { deviceFolders } from "../plugins/open.ts";
import { type FakeRuntime, type FakeRuntimeOptions, fakeRuntime } from "../runtime/fake-runtime.ts";
import { type FakeApi, fakeApi } from "./fake-api.ts";

export interface TestKubelet {
  clock: VirtualClock;
  runtime: FakeRuntime;
  api: FakeApi;
  folder: string;
  pod(name?: string): Pod;
  /** Lets time pass in small steps until `look` no longer throws and is not false; fails with its last error after `ms`. */
  until<T>(look: () => T, ms?: number): Promise<T>;
  /** Lets so much time pass, and what is under way come to its end. */
  pass(ms: number): Promise<void>;
  /** Ends the kubelet; the runtime's containers and the folder stay until the test is over. */
  close(): Promise<void>;
}

const stepMs = 50;
/** Of what takes longer, the rest goes by in larger steps. */
const longMs = 2000;
const longStepMs = 250;

const noMounts: Mounts = {
  tmpfs: async () => {},
  mount: async () => {},
  isMounted: async () => false,
  isLabelled: async () => false,
  prepareDisk: async () => {},
  unmountUnder: async () => {},
  share: async () => {},
};

export async function startTestKubelet(
  t: TestContext,
  options: {
    pods?: Pod[];
    runtime?: Partial<FakeRuntimeOptions>;
    api?: FakeApi;
    kubelet?: Partial<KubeletOptions> /** Goes on with the runtime, the folder and the time of this one. */;
    adopt?: TestKubelet;
    /** Opens the doors for device plugins and for those who ask about devices. */
    withDevices?: boolean;
  } = {},
): Promise<TestKubelet> {
  const clock = options.adopt?.clock ?? new VirtualClock();
  const folder = options.adopt?.folder ?? mkdtempSync(join(tmpdir(), "kubelet-"));
  const runtime = options.adopt?.runtime ?? fakeRuntime({ clock, ...options.runtime });
  const api = options.api ?? fakeApi();
  for (const pod of options.pods ?? []) api.put(pods, pod);
  const kubelet = await startKubelet({
    client: api.client,
    nodeName: "node-1",
    nodeAddresses: ["10.0.0.1"],
    runtimeSocket: "",
    runtime,
    stateFolder: folder,
    clusterDns: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    clock,
    random: seededRandom(1),
    log: silentLog,
    observe: async () => ({ signals: new Map(), dedicatedImages: false }),
    mounts: noMounts,
    ...(options.withDevices ? { devices: deviceFolders(folder) } : {}),
    ...options.kubelet,
  });
  let ended = false;
  const close = async () => {
    if (!ended) await kubelet.close();
    ended = true;
  };
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; ) {
      const step = Math.min(gone < longMs ? stepMs : longStepMs, ms - gone);
      await clock.advance(step);
      await filesSettle(clock);
      gone += step;
    }
  };
  return {
    clock,
    runtime,
    api,
    folder,
    pod(name = "p") {
      const found = api.get(pods, { namespace: "default", name });
      if (!found) throw new Error(`pod ${name} is not there`);
      return found;
    },
    pass,
    close,
    until: (look, ms = 30_000) => until(look, ms, pass),
  };
}

const mostLooks = 2000;

/** Files are real, and take as long as the machine makes them: no virtual time passes meanwhile. */
async function filesSettle(clock: VirtualClock): Promise<void> {
  for (let looks = 0; looks < mostLooks; looks++) {
    await systemClock.sleep(1);
    await clock.settle();
    if (!process.getActiveResourcesInfo().some((kind) => kind.startsWith("FSReq"))) return;
  }
}

async function until<T>(look: () => T, ms: number, pass: (ms: number) => Promise<void>): Promise<T> {
  let last: unknown;
  for (let gone = 0; gone < ms; ) {
    try {
      const found = look();
      if (found !== false) return found;
      last = new Error(`still false: ${look}`);
    } catch (error) {
      last = error;
    }
    const step = gone < longMs ? stepMs : longStepMs;
    await pass(step);
    gone += step;
  }
  throw last;
}
