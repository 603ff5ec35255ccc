import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { GrpcError } from "#net/mod.ts";
import { HttpError } from "#serve/mod.ts";
import type { SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { checkpoint } from "./checkpoint.ts";

test("a container is written into the kubelet's folder, and what the runtime cannot do is told in upstream's words", async (t) => {
  const folder = join(mkdtempSync(join(tmpdir(), "checkpoints-")), "checkpoints");
  t.after(() => rmSync(join(folder, ".."), { recursive: true }));
  const clock = new VirtualClock();
  const asked: unknown[][] = [];
  const refusal: { error?: Error } = {};
  let seen: SeenPod | undefined = { containers: [{ id: "c1", name: "main", state: "running" }] } as unknown as SeenPod;
  const source = {
    folder,
    clock,
    seen: () => seen,
    runtime: {
      async checkpointContainer(...words: unknown[]) {
        asked.push(words);
        if (refusal.error) throw refusal.error;
      },
    },
  };
  const pod = aPod();
  const ask = (query = "", name = "main") => checkpoint(new URLSearchParams(query), pod, name, source);
  const file = await ask("timeout=5&timeout=300");
  assert.equal(file, join(folder, `checkpoint-p_default-main-${new Date(clock.now()).toISOString().slice(0, 19)}Z.tar`));
  assert.deepEqual(asked, [["c1", file, 300]]);
  assert.ok(existsSync(folder));
  await ask();
  assert.equal(asked[1]?.[2], 120);
  const refused = (asking: Promise<string>, code: number, message: string) =>
    assert.rejects(asking, (error) => error instanceof HttpError && error.code === code && error.message === message);
  await refused(ask("", "other"), 404, "container other does not exist");
  await refused(ask("timeout=soon"), 404, "cannot parse value of timeout parameter");
  const failed = "checkpointing of default/p/main failed";
  await refused(ask("timeout=-1"), 500, `${failed} (CheckpointContainer requires the timeout value to be > 0)`);
  refusal.error = new GrpcError("CheckpointContainer", { code: 12, details: "method CheckpointContainer not implemented" } as never);
  await refused(ask(), 500, `${failed} (rpc error: code = Unimplemented desc = method CheckpointContainer not implemented)`);
  seen = undefined;
  await refused(ask(), 500, `${failed} (container main not found)`);
});
