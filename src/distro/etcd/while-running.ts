/** This machine's member of etcd for as long as something is done with it alone, while the rest of the control plane is stopped. */
import type { Clock } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { ensureProcess, type ProcessSpec } from "../processes.ts";

/** Rejects also when etcd ends meanwhile. */
export async function whileRunning<T>(clock: Clock, spec: ProcessSpec, work: () => Promise<T>): Promise<T> {
  const { exited } = await ensureProcess(spec, clock);
  const ended = new Promise<never>((_, reject) => {
    void exited?.then((code) => reject(new Error(`etcd ended (exit code ${code}): see ${spec.logFile}`)));
  });
  ended.catch(() => {}); // when it was stopped
  try {
    return await Promise.race([ended, work()]);
  } finally {
    await stopProcess(clock, spec.pidFile);
  }
}
