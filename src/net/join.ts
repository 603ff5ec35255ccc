/** Two byte streams become one: each is read no faster than the other is written, and both end when either does. */
import type { Duplex } from "node:stream";
import type { Clock } from "#base/mod.ts";

/** How long a side that outlived the other may take to accept what is still on its way to it. */
const lingerMs = 10_000;

/** Resolves when both are closed. */
export function join(one: Duplex, other: Duplex, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const sides = [one, other];
    let ending = false;
    const over = () => {
      if (sides.every((side) => side.destroyed)) resolve();
    };
    const finish = () => {
      if (ending) return;
      ending = true;
      const timer = clock.after(lingerMs, () => {
        for (const side of sides) side.destroy();
      });
      for (const side of sides) {
        const done = () => {
          side.destroy();
          if (sides.every(({ writableFinished, destroyed }) => writableFinished || destroyed)) timer.cancel();
          over();
        };
        if (side.destroyed || side.writableFinished) done();
        else side.once("finish", done).once("close", done).end();
      }
    };
    for (const side of sides) {
      side.once("end", finish).once("close", finish).once("close", over);
      side.on("error", finish);
    }
    one.pipe(other);
    other.pipe(one);
    if (sides.some((side) => side.destroyed)) finish();
  });
}
