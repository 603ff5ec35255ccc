import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { aStage, type Served, type Server1, type Stage, serve, serveRaw } from "./fixture.ts";

let stage: Stage;
before(async () => {
  stage = await aStage();
});
after(() => stage.close());

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  trailers: Record<string, string | undefined>;
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer | string; agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const asked = request({ host: "127.0.0.1", port: stage.plain, path, ...rest }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers, trailers } = response;
        resolve({ status: statusCode, headers, trailers, body: Buffer.concat(pieces).toString() });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function led<T>(backends: Served[], run: () => Promise<T>): Promise<T> {
  stage.lead(...backends.map(({ endpoint }) => endpoint));
  try {
    return await run();
  } finally {
    stage.lead();
    for (const each of backends) await each.close();
  }
}

const echo = () =>
  serve((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const { method, url, headers, rawHeaders, trailers } = request;
      response.end(JSON.stringify({ method, url, headers, rawHeaders, trailers, body: Buffer.concat(pieces).toString() }));
    });
  });

test("a request arrives as it was sent, with the client's true address and no lie about it", async () => {
  await led([await echo()], async () => {
    const headers = {
      Host: "web.example.com:80",
      "X-Custom": "1",
      "X-Forwarded-For": "6.6.6.6",
      X_Forwarded_For: "6.6.6.7",
      "X-Real-IP": "6.6.6.6",
      "X-Request-ID": "mine-1",
      Connection: "X-Secret",
      "X-Secret": "1",
    };
    const { status, body } = await ask("/a%20b/../c?d=/e&f", { method: "POST", headers, body: "x=1" });
    const seen = JSON.parse(body);
    assert.equal(status, 200);
    assert.deepEqual([seen.method, seen.url, seen.body], ["POST", "/a%20b/../c?d=/e&f", "x=1"]);
    assert.equal(seen.headers.host, "web.example.com:80");
    assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen.headers["x-original-forwarded-for"], "6.6.6.6");
    assert.equal(seen.headers.x_forwarded_for, undefined);
    assert.equal(seen.headers["x-real-ip"], "127.0.0.1");
    assert.equal(seen.headers["x-forwarded-proto"], "http");
    assert.equal(seen.headers["x-forwarded-port"], String(stage.plain));
    assert.equal(seen.headers["x-request-id"], "mine-1");
    assert.equal(seen.headers["x-secret"], undefined);
    assert.ok(seen.rawHeaders.includes("X-Custom"), "names keep their case");
  });
});

test("requests written at once are answered in order, and one with a body among them", async () => {
  await led([await echo()], async () => {
    const one = (at: number, body: string) => `POST /${at} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const last = "POST /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    const answers = await stage.raw(`${one(1, "first")}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n\r\n${last}`);
    const seen = [...answers.matchAll(/\{.*?"body":"[^"]*"\}/g)].map(([text]) => JSON.parse(text));
    assert.deepEqual(
      seen.map(({ url, body }) => [url, body]),
      [
        ["/1", "first"],
        ["/2", ""],
        ["/3", "abc"],
      ],
    );
  });
});

test("a client of HTTP/1.0 gets an answer that ends with the connection", async () => {
  const backend = await serve((_, response) => {
    response.write("a");
    response.end("b");
  });
  await led([backend], async () => {
    const answer = await stage.raw("GET / HTTP/1.0\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /Connection: close\r\n/);
    assert.doesNotMatch(answer, /chunked/i);
    assert.match(answer, /\r\n\r\nab$/);
  });
});

test("HEAD, 204 and 304 have no body and leave the connection whole", async () => {
  const backend = await serve((request, response) => {
    response.statusCode = request.url === "/none" ? 204 : request.url === "/same" ? 304 : 200;
    if (request.url === "/head") response.setHeader("content-length", "5");
    response.end(request.method === "HEAD" ? undefined : request.url === "/last" ? "last" : undefined);
  });
  await led([backend], async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const head = await ask("/head", { method: "HEAD", agent });
    assert.deepEqual([head.status, head.headers["content-length"], head.body], [200, "5", ""]);
    assert.equal((await ask("/none", { agent })).status, 204);
    assert.equal((await ask("/same", { agent })).status, 304);
    assert.equal((await ask("/last", { agent })).body, "last");
    agent.destroy();
  });
});

test("trailers, early hints and expectations come through", async () => {
  const backend = await serve((request, response) => {
    response.writeEarlyHints({ link: "</x>; rel=preload" });
    request.resume().on("end", () => {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": "7" });
      response.end();
    });
  });
  await led([backend], async () => {
    const { trailers, body } = await ask("/", { method: "PUT", headers: { Expect: "100-continue" }, body: "x" });
    assert.deepEqual([body, trailers["x-sum"]], ["body", "7"]);
    const raw = await stage.raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(raw, /^HTTP\/1\.1 103 Information\r\nLink: <\/x>; rel=preload\r\n\r\nHTTP\/1\.1 200/i);
  });
});

test("sixteen megabytes come whole, both ways, and memory does not hold them for a slow client", async () => {
  const size = 16 << 20;
  const block = Buffer.alloc(1 << 20, "0123456789abcdef");
  const sum = createHash("sha256");
  for (let at = 0; at < 16; at++) sum.update(block);
  const wanted = sum.digest("hex");
  let written = 0;
  const backend = await serve((request, response) => {
    if (request.method === "POST") {
      const hash = createHash("sha256");
      request.on("data", (piece) => hash.update(piece));
      request.on("end", () => response.end(hash.digest("hex")));
      return;
    }
    response.setHeader("content-length", size);
    const more = () => {
      while (written < size) {
        written += block.length;
        if (!response.write(block)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  await led([backend], async () => {
    const up = await ask("/", {
      method: "POST",
      headers: { "content-length": String(size) },
      body: Buffer.concat(Array.from({ length: 16 }, () => block)),
    });
    assert.equal(up.body, wanted);
    const hash = createHash("sha256");
    await new Promise<void>((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port: stage.plain, path: "/" }, (response) => {
        // For a while nothing is read: the backend must be held up.
        void systemClock.sleep(300).then(() => {
          assert.ok(written < size, `all ${written} bytes were taken from the backend though nobody read them`);
          response.on("data", (piece) => hash.update(piece)).resume();
        });
        response.pause();
        response.on("end", resolve).on("error", reject);
      });
      asked.on("error", reject).end();
    });
    assert.equal(hash.digest("hex"), wanted);
  });
});

test("another endpoint is asked when one cannot be connected to, also for a request with a body", async () => {
  const gone = await serve(() => {});
  await gone.close();
  const backend = await echo();
  stage.lead(gone.endpoint, backend.endpoint);
  for (let at = 0; at < 4; at++) {
    const { status, body } = await ask("/", { method: "POST", body: `b${at}` });
    assert.deepEqual([status, JSON.parse(body).body], [200, `b${at}`]);
  }
  stage.lead(gone.endpoint);
  assert.equal((await ask("/")).status, 502);
  stage.lead();
  assert.equal((await ask("/")).status, 503);
  await backend.close();
});

test("a request that may have been acted upon is never sent twice", async () => {
  let asked = 0;
  const backend = await serveRaw((socket, said) => {
    if (said.startsWith("GET /warm")) return void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    asked++;
    socket.destroy();
  });
  await led([backend], async () => {
    assert.equal((await ask("/warm")).status, 200);
    assert.equal((await ask("/", { method: "POST", body: "x" })).status, 502);
    assert.equal(asked, 1);
  });
});

test("a kept connection that ends without a word is no failure for what may be asked twice", async () => {
  let served = 0;
  const backend = await serveRaw((socket) => {
    // Each connection answers once, does not say that it will end, and ends when it is asked again.
    if (!Object.hasOwn(socket, "used")) {
      Object.assign(socket, { used: true });
      served++;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } else socket.destroy();
  });
  await led([backend], async () => {
    for (let at = 0; at < 5; at++) assert.equal((await ask("/")).body, "ok");
    assert.equal(served, 5);
  });
});

test("an answer that breaks off is not taken for whole", async () => {
  for (const head of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    const body = head.startsWith("C") ? "12345" : "5\r\n12345\r\n";
    const backend = await serveRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`));
    await led([backend], () => assert.rejects(ask("/"), /aborted|hang up|reset/));
  }
});

const nonsense: [name: string, said: string][] = [
  ["no HTTP", "hello\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"],
  ["a line feed in a field", "HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\n\r\n"],
  ["another protocol that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
];
for (const [name, said] of nonsense)
  test(`a backend that answers with ${name} is a bad gateway`, async () => {
    await led([await serveRaw((socket) => socket.end(said))], async () => assert.equal((await ask("/")).status, 502));
  });

test("what a backend says beyond its answer is nobody's", async () => {
  const backend = await serveRaw((socket) =>
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
  );
  await led([backend], async () => {
    for (let at = 0; at < 3; at++) assert.equal((await ask("/")).body, "ok");
  });
});

test("when the client goes, the backend is let go, and the visit is told as 499", async () => {
  let [seen, gone] = [false, false];
  const backend = await serve((request) => {
    seen = true;
    request.socket.on("close", () => {
      gone = true;
    });
  });
  await led([backend], async () => {
    const socket = connect({ host: "127.0.0.1", port: stage.plain });
    const before = stage.visits.length;
    socket.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => seen);
    socket.destroy();
    await until(() => gone && stage.visits.length > before);
    assert.equal(stage.visits.at(-1)?.status, 499);
  });
});

test("WebSocket bytes go both ways, also those that came with the question and the answer", async () => {
  const backend = await serve(
    () => {},
    (server) =>
      server.on("upgrade", (request, socket, head) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n");
        socket.write(`hello ${request.headers["sec-websocket-key"]} ${head}`);
        socket.on("data", (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
        socket.on("end", () => socket.end());
        socket.on("error", () => {});
      }),
  );
  await led([backend], async () => {
    const socket = connect({ host: "127.0.0.1", port: stage.plain });
    let seen = "";
    socket.on("data", (bytes) => {
      seen += bytes;
    });
    socket.write("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nearly");
    await until(() => seen.includes("EARLY"));
    socket.write("later");
    await until(() => seen.endsWith("LATER"));
    assert.match(
      seen,
      /^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello k /,
    );
    assert.equal(stage.answerer.tunnels, 1);
    socket.end();
    await until(() => stage.answerer.tunnels === 0);
  });
});

test("a backend that will not go over answers as it likes", async () => {
  const backend = await serve(
    (_, response) => void response.writeHead(403).end("no"),
    (server) => void server.removeAllListeners("upgrade"),
  );
  await led([backend], async () => {
    const answer = await stage.raw("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\nno\r\n0\r\n\r\n$/);
  });
});

test("endpoints come and go under load without a failed request", async () => {
  const stops: Server1[] = [];
  const make = async () => {
    const one = await serve((request, response) => {
      request.resume();
      void systemClock.sleep(Math.trunc(request.url!.length % 7)).then(() => response.end("ok"));
    });
    stops.push(one);
    return one;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const failures: string[] = [];
  let [done, running] = [0, true];
  const client = async () => {
    for (let at = 0; running; at++) {
      const method = at % 3 === 0 ? "POST" : "GET";
      await ask(`/${"x".repeat(at % 9)}`, { method, agent, ...(method === "POST" ? { body: "b" } : {}) }).then(
        ({ status }) => void (status === 200 ? done++ : failures.push(`${method} ${status}`)),
        (error) => void failures.push(`${method} ${error.message}`),
      );
    }
  };
  let live = [await make(), await make()];
  stage.lead(...live.map(({ endpoint }) => endpoint));
  const clients = Array.from({ length: 16 }, client);
  for (let round = 0; round < 10; round++) {
    // As a rolling update: a new one comes, an old one is left out and ends when its requests are done.
    const old = live[0]!;
    live = [live[1]!, await make()];
    stage.lead(...live.map(({ endpoint }) => endpoint));
    await until(() => done + failures.length >= 40 * (round + 1));
    await old.finish();
    stops.splice(stops.indexOf(old), 1);
  }
  running = false;
  await Promise.all(clients);
  agent.destroy();
  stage.lead();
  for (const one of stops) await one.close();
  assert.deepEqual(failures, []);
});
