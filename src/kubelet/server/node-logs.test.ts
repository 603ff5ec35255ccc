import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { RunResult } from "#linux/mod.ts";
import { type NodeLogSource, nodeLogs } from "./node-logs.ts";

async function start(t: TestContext, own: Partial<NodeLogSource> = {}) {
  const root = mkdtempSync(join(tmpdir(), "logs-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "pods", "p"), { recursive: true });
  mkdirSync(join(root, "containers"));
  writeFileSync(join(root, "pods", "p", "0.log"), "one\ntwo\n");
  writeFileSync(join(root, "a&b.log"), "amp\n");
  writeFileSync(join(root, "empty.log"), "");
  writeFileSync(join(root, "old.log.gz"), "x");
  symlinkSync("/var/log/pods/p/0.log", join(root, "containers", "c.log"));
  symlinkSync("/etc/hostname", join(root, "outside"));
  const ran: string[] = [];
  const run = async (argv: readonly string[]): Promise<RunResult> => {
    ran.push(argv.join(" "));
    return { code: 0, stdout: argv.includes("--field") ? "docker.service\nkubelet.service\n" : "journal\n", stderr: "" };
  };
  const source: NodeLogSource = { root, served: true, asked: true, run, ...own };
  const server = createServer(
    (request, response) =>
      void nodeLogs(new URL(request.url!, "http://x"), { request, response }, source).catch((error) => response.destroy(error)),
  ).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${base}${path}`, { redirect: "manual", ...init });
    return { code: response.status, text: await response.text(), headers: response.headers };
  };
  const told = async (path: string) => {
    const { code, text } = await ask(path);
    return [code, text];
  };
  return { ask, told, ran, root };
}

test("the node's log files are served as Go's file server does", async (t) => {
  const { ask, told } = await start(t, { asked: false });
  assert.deepEqual(await told("/logs/"), [
    200,
    '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n<a href="a%26b.log">a&amp;b.log</a>\n<a href="containers/">containers/</a>\n<a href="empty.log">empty.log</a>\n<a href="old.log.gz">old.log.gz</a>\n<a href="outside">outside</a>\n<a href="pods/">pods/</a>\n</pre>\n',
  ]);
  const file = await ask("/logs/pods/p/0.log?query=kubelet");
  assert.deepEqual([file.code, file.text, file.headers.get("content-type")], [200, "one\ntwo\n", "text/plain; charset=utf-8"]);
  assert.deepEqual(await told("/logs/containers/c.log"), [200, "one\ntwo\n"], "a link leads where pods see it");
  assert.deepEqual(await told("/logs/empty.log"), [200, ""]);
  assert.equal((await ask("/logs/old.log.gz")).headers.get("content-type"), "application/gzip");
  const redirected = async (path: string) => {
    const { code, headers } = await ask(path);
    return [code, headers.get("location")];
  };
  assert.deepEqual(await redirected("/logs/pods"), [301, "pods/"]);
  assert.deepEqual(await redirected("/logs/pods/p/0.log/"), [301, "../0.log"]);
  assert.deepEqual(await told("/logs/none"), [404, "404 page not found\n"]);
  assert.deepEqual(await told("/logs/empty.log/x"), [404, "404 page not found\n"]);
});

test("parts of a file are served, and what has not changed is not", async (t) => {
  const { ask } = await start(t);
  const part = async (range: string) => {
    const { code, text, headers } = await ask("/logs/pods/p/0.log", { headers: { range } });
    return [code, text, headers.get("content-range")];
  };
  assert.deepEqual(await part("bytes=4-"), [206, "two\n", "bytes 4-7/8"]);
  assert.deepEqual(await part("bytes=-4"), [206, "two\n", "bytes 4-7/8"]);
  assert.deepEqual(await part("bytes=0-2"), [206, "one", "bytes 0-2/8"]);
  assert.deepEqual(await part("bytes=9-"), [416, "", "bytes */8"]);
  const { headers } = await ask("/logs/pods/p/0.log");
  const again = await ask("/logs/pods/p/0.log", { headers: { "if-modified-since": headers.get("last-modified")! } });
  assert.equal(again.code, 304);
});

test("services are asked for in the journal, and others in files that are called as they are", async (t) => {
  const { told, ran, root } = await start(t);
  mkdirSync(join(root, "etcd"));
  writeFileSync(join(root, "etcd", "etcd.log"), "file\n");
  const options = "sinceTime=2026-01-02T03:04:05Z&untilTime=2026-01-02T03:04:06Z&tailLines=7&pattern=a.b&boot=-1";
  assert.deepEqual(await told(`/logs/?query=kubelet&query=docker&${options}`), [200, "journal\n"]);
  assert.equal(
    ran.at(-1),
    "journalctl --utc --no-pager --output=short-precise --since=2026-1-2 3:4:5 --until=2026-1-2 3:4:6 --pager-end --lines=7 --unit=kubelet --unit=docker --grep=a.b --boot -1",
  );
  assert.deepEqual(await told("/logs/?query=etcd&query=none&query=outside"), [
    200,
    "file\n\nlog not found for none\n\nerror getting log for outside: statat outside: path escapes from parent\n",
  ]);
  assert.deepEqual(await told("/logs/?query=etcd&tailLines=1"), [
    200,
    "\noptions present and query resolved to log files for [etcd]\ntry without specifying options\n",
  ]);
  assert.deepEqual(await told("/logs/?query=pods/p/0.log"), [200, "one\ntwo\n"]);
  const bare = await start(t, { run: () => Promise.reject(new Error("not found")) });
  assert.deepEqual(await bare.told("/logs/?query=kubelet"), [200, "\nlog not found for kubelet\n"]);
});

test("what cannot be asked is refused in upstream's words", async (t) => {
  const { told } = await start(t);
  for (const [path, code, text] of [
    ["/logs/?query=", 400, 'query: Invalid value: [""]: may not be empty'],
    ["/logs/?query=a&sinceTime=now", 400, 'sinceTime: Invalid value: "now": invalid time format'],
    ["/logs/pods/?query=a", 406, "path not allowed in query mode"],
    ["/logs/?tailLines=3", 406, "query: Required value: cannot be empty with options"],
    ["/logs/?query=a%20b", 406, 'query: Invalid value: "a b": input contains unsupported characters'],
    ["/logs/?query=a&query=b/c", 406, 'query: Invalid value: "[b/c], [a]": cannot specify a file and service'],
    ["/logs/?query=a&boot=1", 406, "boot: Invalid value: 1: must be less than 1"],
    ["/logs/?query=a&tailLines=100001", 406, "tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive"],
    ["/logs/?query=./outside", 406, 'query: Invalid value: ["./outside"]: statat ./outside: path escapes from parent'],
  ] as const)
    assert.deepEqual(await told(path), [code, `${text}\n`]);
  const off = await start(t, { served: false });
  assert.deepEqual(await off.told("/logs/"), [405, "logs endpoint is disabled.\n"]);
});
