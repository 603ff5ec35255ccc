import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { kubectl } from "./mod.ts";

async function stderrOf(env: Record<string, string>): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let text = "";
  stderr.on("data", (part) => (text += part));
  const words = ["get", "pods", "-s", "http://127.0.0.1:1", "--kubeconfig=", "--cache-dir=/dev/null/none"];
  assert.equal(await kubectl(words, { stdin, stdout, stderr, env: { HOME: "/nonexistent", ...env }, cwd: "/" }), 1);
  return text;
}

test("without a cluster, spoke kubectl says how to start one, and kubectl what upstream's says", async () => {
  const refused = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n";
  assert.equal(await stderrOf({}), refused);
  const hint = "no cluster answers there: ./spoke up starts one, ./spoke status tells what runs\n";
  assert.equal(await stderrOf({ SPOKE_COMMAND: "./spoke" }), refused + hint);
});
