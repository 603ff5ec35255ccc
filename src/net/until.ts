/** For tests of real sockets: waits until something holds, and fails with its own text when it never does. */
import { assert, systemClock } from "#base/mod.ts";

const patienceMs = 10_000;

export async function until(holds: () => boolean): Promise<void> {
  const end = systemClock.monotonic() + patienceMs;
  while (!holds()) {
    assert(systemClock.monotonic() < end, `never came true: ${holds}`);
    await systemClock.sleep(2);
  }
}
