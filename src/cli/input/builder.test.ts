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

test("-R needs no folder to be named, and cannot stand beside -k", async () => {
  for (const line of ["wait --for=delete pod/x --timeout=1s", "set selector service x a=b", "get pod/x -R"])
    assert.doesNotMatch(await saidBy(...line.split(" ")), /recursive|-R/, line);
  assert.match(await saidBy("get", "-k", ".", "-R"), /the -k flag can't be used with -f or -R/);
  assert.match(await saidBy("get", "-f", "/nope", "pod/x/y"), /the path "\/nope" does not exist\narguments in resource\/name form/);
});

test("commands that choose by name alone have no selector to ask for", async () => {
  for (const line of ["set selector service x a=b", "set serviceaccount deployment x y"])
    assert.doesNotMatch(await saidBy(...line.split(" ")), /the command has no flag/, line);
});
