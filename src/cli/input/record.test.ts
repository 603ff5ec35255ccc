/** What `--record` keeps, recorded from kubectl 1.36.4. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { kubectl } from "../mod.ts";

async function run(cwd: string, argv: string[]): Promise<{ out: string; err: string }> {
  const said = { out: "", err: "" };
  const into = (to: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        said[to] += chunk;
        done();
      },
    });
  await kubectl(argv, { stdin: Readable.from([]), stdout: into("out"), stderr: into("err"), env: { HOME: cwd }, cwd });
  return said;
}

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a" },
  spec: { template: { spec: { containers: [{ name: "a", image: "b" }] } } },
};

test("the command line is kept with long names of flags, and the flag is told to be on its way out", async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "record-"));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "d.json"), JSON.stringify(deployment));
  const { out, err } = await run(cwd, ["set", "image", "--local", "-f", "d.json", "a=c", "--record", "-o", "json"]);
  assert.equal(err, "Flag --record has been deprecated, --record will be removed in the future\n");
  assert.deepEqual(JSON.parse(out).metadata.annotations, {
    "kubernetes.io/change-cause": "kubectl set image a=c --local=true --filename=d.json --record=true --output=json",
  });
  const without = await run(cwd, ["set", "image", "--local", "-f", "d.json", "a=c", "--record=false", "-o", "json"]);
  assert.equal(JSON.parse(without.out).metadata.annotations, undefined);
});

test("create of a kind by its flags does not take it", async () => {
  const { err } = await run(tmpdir(), ["create", "deployment", "a", "--image=b", "--dry-run=client", "--record"]);
  assert.equal(err, "error: unknown flag: --record\nSee 'kubectl create deployment --help' for usage.\n");
});
