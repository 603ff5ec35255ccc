import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test("a command starts without the parts of node that it does not use", () => {
  const tell = `data:text/javascript,process.on("exit",()=>process._rawDebug(process.moduleLoadList.join("\\n")))`;
  const main = join(import.meta.dirname, "main.ts");
  const server = ["-s", "https://127.0.0.1:1", "--kubeconfig=", "--cache-dir=/dev/null/none"];
  const run = (words: string[]) =>
    execFileSync("sh", ["-c", '"$@" 2>&1 </dev/null; true', "sh", process.execPath, "--import", tell, main, ...words], {
      env: { HOME: "/nonexistent", PATH: process.env.PATH },
      encoding: "utf8",
    });
  const version = run(["version", "--client"]);
  assert.match(version, /^Client Version/);
  assert.doesNotMatch(version, /^NativeModule (internal\/fs\/streams|internal\/fs\/promises|crypto|tty)$/m);
  const get = run(["get", "pods", ...server]);
  assert.match(get, /^The connection to the server 127.0.0.1:1 was refused/);
  assert.doesNotMatch(get, /^NativeModule (internal\/fs\/streams|internal\/fs\/promises|tty)$/m);
});
