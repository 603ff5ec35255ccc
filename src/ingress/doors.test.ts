import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { Doors } from "./doors.ts";
import { Door } from "./proxy/door.ts";

test("a port that somebody else has is told of, and had as soon as it is free; one that nobody wants is given back", async () => {
  const other = createServer();
  await new Promise<void>((done) => void other.listen(0, "127.0.0.1", done));
  const { port } = other.address() as { port: number };
  const clock = new VirtualClock();
  const door = new Door({
    clock,
    enter: () => {},
    certificate: { cert: "", key: "" },
    contextFor: () => Promise.reject(new Error("no certificates here")),
  });
  let changes = 0;
  const doors = new Doors({ door, clock, log: silentLog, changed: () => void changes++ });
  const at = `127.0.0.1:${port}`;
  doors.want([{ host: "127.0.0.1", port, secure: false }]);
  await doors.settled;
  assert.deepEqual([doors.taken, doors.ports, doors.answers("127.0.0.1"), changes], [[at], [], false, 1]);
  await clock.advance(2000);
  assert.equal(changes, 1, "nothing is new");
  await new Promise((done) => other.close(done));
  await clock.advance(2000);
  await until(() => doors.answers("127.0.0.1"));
  assert.deepEqual([doors.taken, doors.ports, changes], [[], [at], 2]);
  doors.want([]);
  await doors.settled;
  await until(() => !doors.answers("127.0.0.1"));
  const again = createServer();
  await new Promise<void>((done, fail) => void again.once("error", fail).listen(port, "127.0.0.1", done));
  await new Promise((done) => again.close(done));
  await doors.close();
  await door.close();
});
