/** How tests open each store: fresh, with a clock to move where the store takes one, and with what it needs running. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VirtualClock } from "#base/mod.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "./etcd-under-test.ts";
import { createEtcdStore, createMemoryStore, createSqliteStore, type Store } from "./mod.ts";

export interface Opened {
  store: Store;
  /** In front of every key, where the stores of several tests share a server. */
  at?: string;
  file?: string;
  reopen?(): Promise<Store>;
  /** Lets this much time pass for keys that expire. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface Implementation {
  name: string;
  /** Why it cannot be tested here. */
  skip: string | false;
  /** How many random histories it is judged by. */
  random: number;
  open(clock: VirtualClock): Promise<Opened>;
  /** After all tests. */
  end?(): Promise<void>;
}

const memory: Implementation = {
  name: "memory",
  skip: false,
  random: 100,
  async open(clock) {
    const store = await createMemoryStore({ clock });
    return { store, pass: (ms) => clock.advance(ms), close: () => store.close() };
  },
};

const sqlite: Implementation = {
  name: "sqlite",
  skip: false,
  random: 25,
  async open(clock) {
    const folder = mkdtempSync(join(tmpdir(), "spoke-store-"));
    const file = join(folder, "state.db");
    let store = await createSqliteStore({ file, clock });
    return {
      store,
      file,
      async reopen() {
        await store.close();
        return (store = await createSqliteStore({ file, clock }));
      },
      pass: (ms) => clock.advance(ms),
      async close() {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

const found = findEtcd();
let running: Promise<RunningEtcd> | undefined;
let opened = 0;

/** One server for all tests: each has keys of its own, and time passes by itself. */
const etcd: Implementation = {
  name: "etcd",
  skip: "missing" in found ? found.missing : false,
  random: 6,
  async open() {
    running ??= startEtcd((found as { path: string }).path);
    const { endpoint } = await running;
    const store = await createEtcdStore({ endpoints: [endpoint] });
    return { store, at: `/t${++opened}`, pass: async () => {}, close: () => store.close() };
  },
  async end() {
    await (await running)?.stop();
  },
};

export const implementations: Implementation[] = [memory, sqlite, etcd];
