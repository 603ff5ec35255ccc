import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { findCommand } from "./find-command.ts";
import { kubectl } from "./mod.ts";

async function run(line: string, input = "") {
  const said = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        said[name] += String(chunk);
        done();
      },
    });
  const env = { HOME: "/nonexistent", PATH: "" };
  const code = await kubectl(line.split(" "), {
    stdin: Readable.from(input),
    stdout: into("stdout"),
    stderr: into("stderr"),
    env,
    cwd: "/",
  });
  return { code, ...said };
}

test("a word that only groups others fails with its help, on the stream that upstream has for it", async () => {
  for (const word of ["auth", "config", "create secret", "create service", "kuberc", "plugin", "set", "top"]) {
    const { code, stdout, stderr } = await run(word);
    assert.deepEqual([word, code, stdout], [word, 1, ""]);
    assert.match(stderr, /Available Commands:/);
  }
  assert.deepEqual([(await run("rollout")).code, (await run("rollout")).stderr], [1, ""]);
  assert.deepEqual([(await run("certificate")).code, (await run("certificate")).stderr], [0, ""]);
  assert.deepEqual([(await run("set --help")).code, (await run("set --help")).stderr], [0, ""]);
});

test("global flags may stand between a command and the one below it", () => {
  const { path, rest } = findCommand("create -s https://x --insecure-skip-tls-verify clusterrole x --verb=get".split(" "));
  assert.deepEqual(
    [path, rest],
    [
      ["create", "clusterrole"],
      ["-s", "https://x", "--insecure-skip-tls-verify", "x", "--verb=get"],
    ],
  );
});

test("a timeout that is none is refused before anything is asked", async () => {
  const { code, stderr } = await run("get pods -s https://127.0.0.1:1 --request-timeout=x");
  assert.equal(code, 1);
  assert.match(stderr, /^error: Invalid timeout value\. Timeout must be a single integer in seconds/);
});

test("flags that diff cannot read end it with more than 1, which says that there are differences", async () => {
  const { code, stderr } = await run("diff --nope");
  assert.deepEqual([code, stderr], [2, "error: unknown flag: --nope\nSee 'kubectl diff -h' for help and examples\n"]);
});

test("neat reads what another command printed, lists too, without a server, and prints what can be read", async () => {
  const object = (name: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, uid: "u", resourceVersion: "1" },
    data: { a: "1" },
  });
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: [object("x"), object("z")] });
  const text = (name: string) => `apiVersion: v1\ndata:\n  a: "1"\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
  assert.deepEqual(await run("neat -f -", list), { code: 0, stdout: `${text("x")}---\n${text("z")}`, stderr: "" });
  const { code, stdout } = await run("neat -f - -o json", list);
  const plain = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } });
  assert.deepEqual([code, JSON.parse(stdout)], [0, { apiVersion: "v1", kind: "List", items: [plain("x"), plain("z")] }]);
  const refused = await run("neat -f - -o name", list);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /--output must be json, yaml or kyaml, not "name"/);
});
