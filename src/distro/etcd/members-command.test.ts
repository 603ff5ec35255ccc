import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceFor } from "./members-command.ts";

test("what to do follows from how many of those with a voice answer", () => {
  assert.equal(adviceFor(["leader", "follower", "follower"]), undefined);
  assert.equal(adviceFor(["leader", "learner"]), undefined);
  assert.match(adviceFor(["leader", "follower", "no answer"])!, /^1 of 3 does not answer, and the others go on: .*spoke etcd remove NAME$/);
  assert.match(
    adviceFor(["no leader", "no answer"])!,
    /^1 of 2 does not answer, and 2 are needed: nothing is acknowledged.*spoke etcd reset here/,
  );
  assert.match(adviceFor(["no leader", "no answer", "not started"])!, /^2 of 3 do not answer, and 2 are needed/);
});
