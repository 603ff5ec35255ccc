/** Takes keys from a queue and reconciles them, several at a time; a failure is logged and tried again after a back-off. */
import { type Clock, isAbort, type Log, messageOf } from "#base/mod.ts";
import { ApiError } from "./contract.ts";
import { WorkQueue } from "./work-queue.ts";

export interface ControllerOptions {
  name: string;
  clock: Clock;
  log: Log;
  /** Keys under way at once, 5 unless told. */
  workers?: number;
  queue?: WorkQueue;
  /** Brings the world nearer to what is wanted. A number asks to be called again after so many milliseconds. */
  reconcile(key: string): Promise<number | void>;
}

const keysPerTurn = 16;

export interface RunningController {
  queue: WorkQueue;
  close(): Promise<void>;
}

export function runController({
  name,
  clock,
  log,
  workers = 5,
  reconcile,
  queue = new WorkQueue({ clock }),
}: ControllerOptions): RunningController {
  let closed = false;
  const work = async () => {
    for (let taken = 1; ; taken++) {
      // Keys that never wait for anything must not keep the rest of the process waiting.
      if (taken % keysPerTurn === 0) await clock.turn();
      const key = await queue.next();
      if (key === undefined) return;
      try {
        const again = await reconcile(key);
        queue.forget(key);
        if (typeof again === "number") queue.addAfter(key, again);
      } catch (error) {
        // Somebody else wrote first, or the object went: the next look decides.
        const expected = error instanceof ApiError && (error.code === 409 || error.code === 404);
        if (!closed && !isAbort(error))
          log[expected ? "debug" : "warn"](`${name}: trying again`, { key, error: messageOf(error), failures: queue.failures(key) + 1 });
        queue.addFailed(key);
      } finally {
        queue.done(key);
      }
    }
  };
  const running = Array.from({ length: workers }, work);
  return {
    queue,
    async close() {
      closed = true;
      queue.close();
      await Promise.all(running);
    },
  };
}
