import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, createServer as createTcpServer } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { kubectl } from "../mod.ts";

/** A server with one pod whose exec echoes stdin and ends with code 3, and whose port-forward answers in capitals. */
async function fakeServer() {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: [{ name: "c", ports: [{ name: "web", containerPort: 80 }] }] },
    status: { phase: "Running" },
  };
  const pods = {
    metadata: { name: "" },
    versions: [
      {
        version: "v1",
        resources: [
          { resource: "pods", responseKind: { kind: "Pod" }, scope: "Namespaced", singularResource: "pod", verbs: ["get", "list"] },
        ],
      },
    ],
  };
  const seen: string[] = [];
  const http = createServer((request, response) => {
    seen.push(request.url ?? "");
    const answer =
      request.url === "/api"
        ? { kind: "APIGroupDiscoveryList", items: [pods] }
        : request.url === "/apis"
          ? { kind: "APIGroupDiscoveryList", items: [] }
          : request.url?.endsWith("/log?container=c")
            ? undefined
            : pod;
    response.end(answer ? JSON.stringify(answer) : "one\ntwo\n");
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });
  http.on("upgrade", (request, socket, head) => {
    seen.push(request.url ?? "");
    sockets.handleUpgrade(request, socket, head, (ws) => {
      if (request.url?.includes("/portforward")) {
        for (const channel of [0, 1]) ws.send(Buffer.from([channel, 80, 0]));
        ws.on("message", (data: Buffer) =>
          ws.send(Buffer.concat([Buffer.from([0]), Buffer.from(data.subarray(1).toString().toUpperCase())])),
        );
        return;
      }
      const leave = (code: number) => {
        const failed = {
          status: "Failure",
          reason: "NonZeroExitCode",
          details: { causes: [{ reason: "ExitCode", message: String(code) }] },
        };
        ws.send(Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(code === 0 ? { status: "Success" } : failed))]));
        ws.close();
      };
      if (request.url?.includes("command=test")) return leave(1);
      ws.on("message", (data: Buffer) => {
        if (data[0] === 0) ws.send(Buffer.concat([Buffer.from([1]), data.subarray(1)]));
        if (data[0] === 255) leave(request.url?.includes("command=tar") ? 0 : 3);
      });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const close = () => {
    for (const ws of sockets.clients) ws.terminate();
    http.closeAllConnections();
    http.close();
  };
  return { port, seen, close };
}

function run(port: number, argv: string[], signal?: AbortSignal) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const out = { stdout: "", stderr: "" };
  stdout.on("data", (chunk) => {
    out.stdout += chunk;
  });
  stderr.on("data", (chunk) => {
    out.stderr += chunk;
  });
  const code = kubectl(["-s", `http://127.0.0.1:${port}`, "--cache-dir=/dev/null/none", "--kubeconfig=", ...argv], {
    stdin,
    stdout,
    stderr,
    env: { HOME: "/nonexistent" },
    cwd: "/",
    signal,
  });
  return { stdin, stdout, out, code };
}

test("exec carries stdin, its end and the exit code", async () => {
  const server = await fakeServer();
  const { stdin, out, code } = run(server.port, ["exec", "-i", "p", "--", "cat", "a b"]);
  stdin.end("hello");
  assert.equal(await code, 3);
  assert.equal(out.stdout, "hello");
  assert.equal(out.stderr, "command terminated with exit code 3\n");
  assert.ok(
    server.seen.some((url) =>
      url.startsWith("/api/v1/namespaces/default/pods/p/exec?command=cat&command=a+b&container=c&stdin=true&stdout=true&stderr=true"),
    ),
  );
  server.close();
});

test("cp asks whether the target is a folder and says nothing of the answer", async () => {
  const server = await fakeServer();
  const { out, code } = run(server.port, ["cp", import.meta.filename, "p:/tmp/x.ts"]);
  assert.equal(await code, 0);
  assert.deepEqual(out, { stdout: "", stderr: "" });
  assert.ok(server.seen.some((url) => url.endsWith("&command=tar&command=-xmf&command=-&command=-C&command=%2Ftmp")));
  server.close();
});

test("logs are copied as they come", async () => {
  const server = await fakeServer();
  const { out, code } = run(server.port, ["logs", "p"]);
  assert.equal(await code, 0);
  assert.equal(out.stdout, "one\ntwo\n");
  server.close();
});

test("port-forward joins a free local port with the pod until it is stopped", async () => {
  const server = await fakeServer();
  const stop = new AbortController();
  const { stdout, out, code } = run(server.port, ["port-forward", "p", ":web", "--address", "127.0.0.1"], stop.signal);
  await new Promise((resolve) => stdout.once("data", resolve));
  const [, local] = /^Forwarding from 127\.0\.0\.1:(\d+) -> 80\n/.exec(out.stdout) ?? [];
  const reply = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(local), "127.0.0.1", () => socket.write("hi"));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", reject);
  });
  assert.equal(reply, "HI");
  stop.abort();
  assert.equal(await code, 0);
  server.close();
});

test("a server that does not listen is named", async () => {
  const probe = createTcpServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const { out, code } = run(port, ["get", "pods"]);
  assert.equal(await code, 1);
  assert.equal(out.stderr, `The connection to the server 127.0.0.1:${port} was refused - did you specify the right host or port?\n`);
});
