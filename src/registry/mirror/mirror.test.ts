import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { pushImage, sha, type TestRegistry, testRegistry } from "../testing.ts";
import { readChallenge } from "./upstream.ts";

/** Stands before a registry: asks for a password, counts, and can be out of reach, slow or a liar. */
async function gate(target: string, scheme: "basic" | "bearer") {
  const password = `Basic ${Buffer.from("ann:secret").toString("base64")}`;
  const state = { url: "", asked: [] as string[], away: false, lie: "", held: undefined as Promise<void> | undefined };
  const refuse = (response: ServerResponse) =>
    response
      .writeHead(401, {
        "www-authenticate": scheme === "basic" ? 'Basic realm="x"' : `Bearer realm="${state.url}/token",service="reg",scope="pull"`,
      })
      .end();
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    if (state.away) return void response.writeHead(503).end();
    if (request.url!.startsWith("/token")) {
      state.asked.push("token");
      return void (authorization === password ? response.end('{"token":"good","expires_in":300}') : response.writeHead(401).end());
    }
    if (authorization !== (scheme === "basic" ? password : "Bearer good")) return void refuse(response);
    state.asked.push(`${request.method} ${request.url!.replace("/v2/team/app/", "")}`);
    const answer = await fetch(target + request.url, { method: request.method! });
    const body = Buffer.from(await answer.arrayBuffer());
    const wanted = ["content-type", "docker-content-digest"].flatMap((name) =>
      answer.headers.has(name) ? [[name, answer.headers.get(name)!]] : [],
    );
    const length = request.method === "HEAD" ? answer.headers.get("content-length")! : String(body.length);
    response.writeHead(answer.status, { ...Object.fromEntries(wanted), "content-length": length });
    if (request.method === "HEAD") return void response.end();
    response.write(body.subarray(0, 3));
    await state.held;
    response.end(state.lie === "" ? body.subarray(3) : state.lie);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(state, { close });
}

interface Setting {
  origin: TestRegistry;
  upstream: Awaited<ReturnType<typeof gate>>;
  mirror: TestRegistry;
}

async function mirrored(
  { scheme = "bearer", known = true, mayCopy }: { scheme?: "basic" | "bearer"; known?: boolean; mayCopy?: () => boolean },
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  const origin = await testRegistry();
  const upstream = await gate(origin.url, scheme);
  const credentials = () => (known ? { username: "ann", password: "secret" } : undefined);
  const mirror = await testRegistry({ mirrors: [{ host: "hub.test", url: upstream.url }], credentials, ...(mayCopy ? { mayCopy } : {}) });
  try {
    await work({ origin, upstream, mirror });
  } finally {
    await mirror.close();
    upstream.close();
    await origin.close();
  }
}

const manifest = (reference: string) => `/v2/team/app/manifests/${reference}?ns=hub.test`;
const blob = (text: string) => `/v2/team/app/blobs/${sha(text)}?ns=hub.test`;

for (const scheme of ["basic", "bearer"] as const)
  test(`an image comes once, by ${scheme} credentials, and answers when its registry is out of reach`, () =>
    mirrored({ scheme }, async ({ origin, upstream, mirror }) => {
      const digest = await pushImage(origin, "team/app", "1", "layer");
      const first = await mirror.ask("GET", manifest("1"));
      assert.deepEqual([first.status, first.headers.get("docker-content-digest")], [200, digest]);
      for (let times = 0; times < 2; times++) assert.equal((await mirror.ask("GET", blob("layer"))).text, "layer");
      assert.equal((await mirror.ask("GET", manifest(digest))).text, first.text);
      await mirror.ask("HEAD", manifest("1"));
      const tokens = scheme === "bearer" ? ["token"] : [];
      assert.deepEqual(upstream.asked, [...tokens, "HEAD manifests/1", "GET manifests/1", `GET blobs/${sha("layer")}`]);

      upstream.away = true;
      await mirror.clock.advance(60_000);
      assert.equal((await mirror.ask("HEAD", manifest("1"))).headers.get("docker-content-digest"), digest);
      assert.equal((await mirror.ask("GET", blob("layer"))).text, "layer");
      assert.equal((await mirror.ask("GET", manifest("2"))).status, 504);
      assert.equal((await mirror.ask("GET", blob("{}"))).status, 504);

      upstream.away = false;
      const moved = await pushImage(origin, "team/app", "1", "another layer");
      await mirror.clock.advance(60_000);
      assert.equal((await mirror.ask("HEAD", manifest("1"))).headers.get("docker-content-digest"), moved);
      await origin.ask("DELETE", "/v2/team/app/manifests/1");
      await mirror.clock.advance(60_000);
      assert.equal((await mirror.ask("GET", manifest("1"))).code, "MANIFEST_UNKNOWN");
    }));

test("who has no credentials there gets nothing, and copies are not among what was pushed", () =>
  mirrored({ known: false }, async ({ origin, mirror }) => {
    await pushImage(origin, "team/app", "1", "layer");
    assert.equal((await mirror.ask("GET", manifest("1"))).code, "MANIFEST_UNKNOWN");
    assert.equal((await mirror.ask("GET", blob("layer"))).code, "BLOB_UNKNOWN");
    assert.equal((await mirror.ask("GET", "/v2/team/app/manifests/1?ns=other.test")).code, "NAME_UNKNOWN");
    assert.equal((await mirror.ask("GET", "/v2/team/app/manifests/1?ns=localhost:5000")).code, "MANIFEST_UNKNOWN");
    assert.equal((await mirror.ask("PUT", manifest("1"), { body: "{}" })).code, "UNSUPPORTED");
    assert.equal((await mirror.ask("GET", "/v2/mirror:hub.test/team/app/manifests/1")).code, "NAME_INVALID");
  }));

test("who may not have copies does not get them, though they are there", () =>
  mirrored({ mayCopy: () => false }, async ({ origin, mirror }) => {
    await pushImage(origin, "team/app", "1", "layer");
    assert.equal((await mirror.ask("GET", manifest("1"))).code, "NAME_UNKNOWN");
  }));

test("all who want a blob read it while it comes, and it is fetched once", () =>
  mirrored({}, async ({ origin, upstream, mirror }) => {
    const layer = "x".repeat(300_000);
    await pushImage(origin, "team/app", "1", layer);
    const { promise, resolve } = Promise.withResolvers<void>();
    upstream.held = promise;
    const readers = await Promise.all([1, 2, 3].map(() => fetch(mirror.url + blob(layer))));
    const begun = readers[0]!.body!.getReader();
    const { value } = await begun.read();
    assert.equal(value!.length, 3);
    resolve();
    let size = value!.length;
    for (let part = await begun.read(); !part.done; part = await begun.read()) size += part.value.length;
    assert.equal(size, layer.length);
    for (const reader of readers.slice(1)) assert.equal((await reader.text()).length, layer.length);
    assert.equal(upstream.asked.filter((line) => line.startsWith("GET blobs")).length, 1);
    assert.equal((await mirror.ask("GET", blob(layer), { headers: { range: "bytes=5-6" } })).text, "xx");
  }));

test("bytes that are not those of the digest reach nobody whole, and are not kept", () =>
  mirrored({}, async ({ origin, upstream, mirror }) => {
    await pushImage(origin, "team/app", "1", "layer");
    upstream.lie = "zz";
    await assert.rejects(fetch(mirror.url + blob("layer")).then((response) => response.text()));
    upstream.lie = "";
    assert.equal((await mirror.ask("GET", blob("layer"))).text, "layer");
  }));

test("copies that nobody asks for go after a month", () =>
  mirrored({}, async ({ origin, upstream, mirror }) => {
    await pushImage(origin, "team/app", "1", "layer");
    await mirror.ask("GET", manifest("1"));
    await mirror.ask("GET", blob("layer"));
    const day = 86_400_000;
    await mirror.clock.advance(20 * day);
    await mirror.ask("GET", manifest("1"));
    await mirror.clock.advance(20 * day);
    upstream.away = true;
    assert.equal((await mirror.ask("GET", blob("layer"))).text, "layer");
    await mirror.clock.advance(31 * day);
    assert.equal((await mirror.ask("GET", manifest("1"))).status, 504);
    assert.equal((await mirror.ask("GET", blob("layer"))).status, 504);
  }));

test("challenges are read", () => {
  assert.deepEqual(readChallenge('Bearer realm="https://a/token",service="r",scope="repository:x:pull"'), {
    scheme: "bearer",
    realm: "https://a/token",
    service: "r",
    scope: "repository:x:pull",
  });
  assert.equal(readChallenge('basic realm="x"')?.scheme, "basic");
  assert.equal(readChallenge("Digest x"), undefined);
});
