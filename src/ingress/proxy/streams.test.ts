import assert from "node:assert/strict";
import { type ClientHttp2Session, connect as connect2 } from "node:http2";
import { after, before, test } from "node:test";
import { connect as connectTls, createSecureContext } from "node:tls";
import {
  Client,
  status as codes,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { aStage, type Stage, serve } from "./fixture.ts";

const authority = await testAuthority();
const { ca } = authority;
const pemFor = authority.serving;

let stage: Stage;
let grpcStage: Stage;
before(async () => {
  const [first, web, shop] = await Promise.all([pemFor("localhost"), pemFor("web.example.com"), pemFor("shop.example.com")]);
  const contexts = new Map([
    ["web.example.com", createSecureContext(web)],
    ["shop.example.com", createSecureContext(shop)],
  ]);
  const options = { certificate: first, contextFor: (name: string) => contexts.get(name) ?? createSecureContext(first) };
  stage = await aStage(options);
  grpcStage = await aStage({ ...options, protocol: "GRPC" });
});
after(async () => {
  await stage.close();
  await grpcStage.close();
});

function session(host = "web.example.com"): ClientHttp2Session {
  return connect2(`https://${host}`, {
    createConnection: () => connectTls({ host: "127.0.0.1", port: stage.secure, servername: host, ca, ALPNProtocols: ["h2"] }),
  });
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
  trailers: Record<string, unknown>;
}

function ask(client: ClientHttp2Session, headers: Record<string, string | string[]>, body?: Buffer | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers, { endStream: body === undefined });
    const answer: Answer = { status: 0, headers: {}, body: "", trailers: {} };
    stream.on("response", (got) => Object.assign(answer, { status: got[":status"], headers: got }));
    stream.on("trailers", (got) => Object.assign(answer, { trailers: got }));
    stream.on("data", (piece) => {
      answer.body += piece;
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(answer));
    if (body !== undefined) stream.end(body);
  });
}

for (const host of ["web.example.com", "shop.example.com"])
  test(`the certificate is that of the name that the client asks for: ${host}`, async () => {
    const socket = connectTls({ host: "127.0.0.1", port: stage.secure, servername: host, ca });
    await new Promise((done, fail) => void socket.once("secureConnect", done).once("error", fail));
    assert.equal(socket.getPeerCertificate().subjectaltname, `DNS:${host}`);
    assert.ok(socket.authorized);
    socket.destroy();
  });

test("requests over HTTP/2 go to a backend of HTTP/1, cookies on one line, and say that they came by TLS", async () => {
  const backend = await serve((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      response.setHeader("set-cookie", ["a=1", "b=2"]).setHeader("connection", "x-hop").setHeader("x-hop", "1");
      response.end(JSON.stringify({ url: request.url, method: request.method, headers: request.headers, body }));
    });
  });
  stage.lead(backend.endpoint);
  const client = session();
  const head = { ":path": "/a?b", ":method": "POST", cookie: ["x=1", "y=2"], te: "trailers", "x-forwarded-proto": "http" };
  const [one, two] = await Promise.all([ask(client, head, "body"), ask(client, { ":path": "/2" })]);
  const seen = JSON.parse(one.body);
  assert.deepEqual([seen.url, seen.method, seen.body, JSON.parse(two.body).url], ["/a?b", "POST", "body", "/2"]);
  assert.equal(seen.headers.host, "web.example.com:443");
  assert.equal(seen.headers.cookie, "x=1; y=2");
  assert.equal(seen.headers["x-forwarded-proto"], "https");
  assert.equal(seen.headers.te, undefined);
  assert.deepEqual(one.headers["set-cookie"], ["a=1", "b=2"]);
  assert.equal(one.headers["x-hop"], undefined);
  client.close();
  stage.lead();
  await backend.close();
});

test("HTTP/2 in the clear is spoken to whoever begins with it", async () => {
  const backend = await serve((request, response) => void response.end(`${request.url} ${request.headers["x-forwarded-proto"]}`));
  stage.lead(backend.endpoint);
  const client = connect2(`http://127.0.0.1:${stage.plain}`);
  assert.equal((await ask(client, { ":path": "/clear" })).body, "/clear http");
  client.close();
  stage.lead();
  await backend.close();
});

test("sixteen megabytes with trailers come whole over HTTP/2, and a slow reader holds the backend up", async () => {
  const block = Buffer.alloc(64 * 1024, "x");
  let written = 0;
  const backend = await serve((_, response) => {
    response.writeHead(200, { Trailer: "X-End" });
    const more = () => {
      while (written < 16 << 20) {
        written += block.length;
        if (!response.write(block)) return void response.once("drain", more);
      }
      response.addTrailers({ "X-End": "yes" });
      response.end();
    };
    more();
  });
  stage.lead(backend.endpoint);
  const client = session();
  const stream = client.request({ ":path": "/" });
  let [size, end] = [0, ""];
  stream.on("trailers", (headers) => {
    end = String(headers["x-end"]);
  });
  await systemClock.sleep(300);
  assert.ok(written < 16 << 20, "all was taken from the backend though nobody read it");
  stream.on("data", (piece: Buffer) => {
    size += piece.length;
  });
  await new Promise((done) => stream.on("end", done));
  assert.deepEqual([size, end], [16 << 20, "yes"]);
  client.close();
  stage.lead();
  await backend.close();
});

test("a client that cancels a stream lets the backend go, and the others go on", async () => {
  let [seen, gone] = [0, 0];
  const backend = await serve((request, response) => {
    if (request.url === "/well") return void response.end("well");
    seen++;
    request.socket.on("close", () => void gone++);
  });
  stage.lead(backend.endpoint);
  const client = session();
  const stream = client.request({ ":path": "/slow" });
  stream.on("error", () => {});
  await until(() => seen === 1);
  stream.close(8);
  assert.equal((await ask(client, { ":path": "/well" })).body, "well");
  await until(() => gone === 1);
  client.close();
  stage.lead();
  await backend.close();
});

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };

async function grpcBackend(): Promise<{ endpoint: { ip: string; port: number }; close(): void }> {
  const server = new Server();
  const types = {
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  };
  server.addService(
    {
      Say: { path: "/test.Echo/Say", requestStream: false, responseStream: false, ...types },
      Fail: { path: "/test.Echo/Fail", requestStream: false, responseStream: false, ...types },
      Talk: { path: "/test.Echo/Talk", requestStream: true, responseStream: true, ...types },
    },
    {
      Say: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        const trailer = new Metadata();
        trailer.set("x-seen", String(call.metadata.get("x-mine")));
        done(null, call.request, trailer);
      },
      Fail: (_: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
        done({ code: codes.FAILED_PRECONDITION, details: "not now" }),
      Talk: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on("data", (piece: Buffer) => void call.write(Buffer.from(piece.toString().toUpperCase())));
        call.on("end", () => call.end());
      },
    },
  );
  const port = await new Promise<number>((done, fail) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) => (error ? fail(error) : done(at))),
  );
  return { endpoint: { ip: "127.0.0.1", port }, close: () => server.forceShutdown() };
}

test("gRPC: answers, statuses in trailers, refusals without a body, and talk in both directions", async () => {
  const backend = await grpcBackend();
  grpcStage.lead(backend.endpoint);
  const client = new Client(`127.0.0.1:${grpcStage.secure}`, credentials.createSsl(Buffer.from(ca)), {
    "grpc.ssl_target_name_override": "web.example.com",
    "grpc.default_authority": "web.example.com",
  });
  const call = (path: string, text: string) =>
    new Promise<{ error: { code: number; details: string } | null; body: string | undefined; trailers: Metadata }>((resolve) => {
      const metadata = new Metadata();
      metadata.set("x-mine", "7");
      let got: { error: never; body: string | undefined } | undefined;
      const one = client.makeUnaryRequest(path, bytes.serialize, bytes.deserialize, Buffer.from(text), metadata, (error, value) => {
        got = { error: error as never, body: value?.toString() };
      });
      one.on("status", ({ metadata: trailers }) => resolve({ ...got!, trailers }));
    });
  const said = await call("/test.Echo/Say", "hello");
  assert.deepEqual([said.error, said.body, said.trailers.get("x-seen")], [null, "hello", ["7"]]);
  const failed = await call("/test.Echo/Fail", "x");
  assert.deepEqual([failed.error?.code, failed.error?.details], [codes.FAILED_PRECONDITION, "not now"]);
  assert.equal((await call("/test.Echo/None", "x")).error?.code, codes.UNIMPLEMENTED);
  const talk = client.makeBidiStreamRequest("/test.Echo/Talk", bytes.serialize, bytes.deserialize);
  const heard: string[] = [];
  talk.on("data", (piece: Buffer) => void heard.push(piece.toString()));
  const over = new Promise((done) => talk.on("end", done));
  talk.write(Buffer.from("one"));
  await until(() => heard.length === 1);
  talk.write(Buffer.from("two"));
  await until(() => heard.length === 2);
  talk.end();
  await over;
  assert.deepEqual(heard, ["ONE", "TWO"]);
  client.close();
  grpcStage.lead();
  backend.close();
});
