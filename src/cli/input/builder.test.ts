import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { kubectl } from "../mod.ts";

async function saidBy(...args: string[]): Promise<string> {
  let said = "";
  const out = () =>
    new Writable({
      write(chunk, _encoding, done) {
        said += String(chunk);
        done();
      },
    });
  const words = [...args, "--server=http://127.0.0.1:1"];
  await kubectl(words, { stdin: Readable.from([]), stdout: out(), stderr: out(), env: { HOME: "/nowhere" }, cwd: "/" });
  return said;
}

test("folders that are read to their depth by default need none to be named", async () => {
  const refusal = /the --recursive flag requires -f/;
  for (const line of ["wait --for=delete pod/x --timeout=1s", "set selector service x a=b", "get pod/x"])
    assert.doesNotMatch(await saidBy(...line.split(" ")), refusal, line);
  assert.match(await saidBy("get", "pod/x", "-R"), refusal);
});

test("commands that choose by name alone have no selector to ask for", async () => {
  for (const line of ["set selector service x a=b", "set serviceaccount deployment x y"])
    assert.doesNotMatch(await saidBy(...line.split(" ")), /the command has no flag/, line);
});
