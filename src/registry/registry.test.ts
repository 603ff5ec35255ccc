import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { imageType, manifestOf, pushBlob, pushImage, sha, type TestRegistry, testRegistry } from "./testing.ts";

const files = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
    : [];
const blobFiles = ({ folder }: TestRegistry) => files(join(folder, "blobs"));
const uploadFiles = ({ folder }: TestRegistry) => files(join(folder, "uploads"));
const hour = 3_600_000;
const begin = async ({ ask }: TestRegistry, name: string) => (await ask("POST", `/v2/${name}/blobs/uploads/`)).headers.get("location")!;

async function using(options: Parameters<typeof testRegistry>[0], work: (at: TestRegistry) => Promise<void>): Promise<void> {
  const at = await testRegistry(options);
  try {
    await work(at);
  } finally {
    await at.close();
  }
}

test("a blob comes in chunks, in order, and its digest is checked", () =>
  using({}, async (at) => {
    const place = await begin(at, "app");
    const first = await at.ask("PATCH", place, { body: "hello ", headers: { "content-range": "0-5" } });
    assert.deepEqual([first.status, first.headers.get("range")], [202, "0-5"]);
    const early = await at.ask("PATCH", place, { body: "x", headers: { "content-range": "9-9" } });
    assert.deepEqual([early.status, early.code, early.headers.get("range")], [416, "BLOB_UPLOAD_INVALID", "0-5"]);
    assert.equal((await at.ask("GET", place)).headers.get("range"), "0-5");
    const done = await at.ask("PUT", `${place}?digest=${sha("hello world")}`, { body: "world" });
    assert.equal(done.status, 201);
    assert.equal((await at.ask("GET", `/v2/app/blobs/${sha("hello world")}`)).text, "hello world");
    assert.equal((await at.ask("GET", place)).code, "BLOB_UPLOAD_UNKNOWN");

    const wrong = await begin(at, "app");
    assert.equal((await at.ask("PUT", `${wrong}?digest=${sha("other")}`, { body: "this" })).code, "DIGEST_INVALID");
    assert.equal((await at.ask("POST", `/v2/app/blobs/uploads/?digest=${sha("other")}`, { body: "this" })).code, "DIGEST_INVALID");
    assert.equal((await at.ask("PUT", `${await begin(at, "app")}?digest=md5:1`)).code, "DIGEST_INVALID");
    assert.equal((await at.ask("GET", `/v2/app/blobs/${sha("other")}`)).code, "BLOB_UNKNOWN");
    assert.deepEqual(blobFiles(at).length, 1);
  }));

test("parts of a blob are served, and ranges outside of it refused", () =>
  using({}, async (at) => {
    const path = `/v2/app/blobs/${await pushBlob(at, "app", "0123456789")}`;
    const part = async (range: string) => {
      const { status, text, headers } = await at.ask("GET", path, { headers: { range } });
      return [status, status === 206 ? text : "", headers.get("content-range")];
    };
    assert.deepEqual(await part("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
    assert.deepEqual(await part("bytes=7-"), [206, "789", "bytes 7-9/10"]);
    assert.deepEqual(await part("bytes=-2"), [206, "89", "bytes 8-9/10"]);
    assert.deepEqual(await part("bytes=10-"), [416, "", "bytes */10"]);
    assert.deepEqual((await part("bytes=0-1,4-5"))[0], 200);
    const etag = (await at.ask("HEAD", path)).headers.get("etag")!;
    assert.equal((await at.ask("GET", path, { headers: { "if-none-match": etag } })).status, 304);
  }));

test("a client that is gone in the middle goes on from where it was", () =>
  using({}, async (at) => {
    const place = await begin(at, "app");
    const { port } = new URL(at.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`PATCH ${place} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf`);
    let range: string | null = null;
    for (let tries = 0; range !== "0-3" && tries < 500; tries++) range = (await at.ask("GET", place)).headers.get("range");
    assert.equal(range, "0-3");
    assert.equal((await at.ask("PATCH", place, { body: "x" })).status, 409);
    socket.destroy();
    let rest = await at.ask("PATCH", place, { body: " and half" });
    for (let tries = 0; rest.status === 409 && tries < 500; tries++) rest = await at.ask("PATCH", place, { body: " and half" });
    assert.equal(rest.status, 202);
    assert.equal((await at.ask("PUT", `${place}?digest=${sha("half and half")}`)).status, 201);
  }));

test("a blob is stored once, mounted into other repositories, and gone from one it is still in the other", () =>
  using({}, async (at) => {
    const digest = await pushBlob(at, "a", "layer");
    const mount = (query: string) => at.ask("POST", `/v2/b/blobs/uploads/?mount=${digest}${query}`);
    assert.equal((await mount("&from=nowhere")).status, 202);
    assert.equal((await at.ask("HEAD", `/v2/b/blobs/${digest}`)).status, 404);
    assert.equal((await mount("&from=a")).status, 201);
    assert.equal((await at.ask("DELETE", `/v2/a/blobs/${digest}`)).status, 202);
    assert.equal((await at.ask("GET", `/v2/a/blobs/${digest}`)).code, "BLOB_UNKNOWN");
    assert.equal((await at.ask("GET", `/v2/b/blobs/${digest}`)).text, "layer");
    assert.equal(blobFiles(at).length, 1);
  }));

test("what a manifest refers to must be there, and what it says must be right", () =>
  using({}, async (at) => {
    await pushBlob(at, "app", "{}");
    const put = (body: string, type = imageType, reference = "1") =>
      at.ask("PUT", `/v2/app/manifests/${reference}`, { body, headers: { "content-type": type } });
    assert.equal((await put(manifestOf("{}", ["missing"]))).code, "MANIFEST_BLOB_UNKNOWN");
    assert.equal((await put("no json")).code, "MANIFEST_INVALID");
    assert.equal((await put("[]")).code, "MANIFEST_INVALID");
    assert.equal((await put(manifestOf("{}", []), "application/vnd.oci.image.index.v1+json")).code, "MANIFEST_INVALID");
    assert.equal((await put('{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+json")).code, "MANIFEST_INVALID");
    assert.equal((await put(manifestOf("{}", []), imageType, sha("other"))).code, "DIGEST_INVALID");
    assert.equal((await put(`{"a":"${"x".repeat(4 * 1024 * 1024)}"}`)).status, 413);
    const foreign = { mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar", digest: sha("far"), size: 3 };
    assert.equal((await put(manifestOf("{}", [], { layers: [foreign] }))).status, 201);
    assert.equal((await put(manifestOf("{}", []), imageType, "-wrong")).status, 400);
    assert.equal((await at.ask("GET", "/v2/app/manifests/2")).code, "MANIFEST_UNKNOWN");
    assert.equal((await at.ask("GET", "/v2/App/manifests/1")).code, "NAME_INVALID");
    assert.equal((await at.ask("GET", "/v2/other/tags/list")).code, "NAME_UNKNOWN");
    assert.equal((await at.ask("POST", "/v2/app/tags/list")).code, "UNSUPPORTED");
  }));

test("tags are told page by page, without regard to case", () =>
  using({}, async (at) => {
    for (const tag of ["b", "A", "c", "B", "a"]) await pushImage(at, "app", tag, "x");
    const told: string[] = [];
    let path = "/v2/app/tags/list?n=2";
    for (let pages = 1; ; pages++) {
      const { text, headers } = await at.ask("GET", path);
      told.push(...JSON.parse(text).tags);
      const next = /^<(.*)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
      if (!next) {
        assert.equal(pages, 3);
        break;
      }
      path = next;
    }
    assert.deepEqual(told, ["A", "a", "B", "b", "c"]);
    assert.deepEqual(JSON.parse((await at.ask("GET", "/v2/app/tags/list?n=0")).text).tags, []);
    assert.deepEqual(JSON.parse((await at.ask("GET", "/v2/app/tags/list?n=9&last=B")).text).tags, ["b", "c"]);
    assert.deepEqual(JSON.parse((await at.ask("GET", "/v2/_catalog")).text), { repositories: ["app"] });
  }));

test("referrers are told with their types, also before what they are about is there", () =>
  using({}, async (at) => {
    await pushBlob(at, "app", "{}");
    const subject = { mediaType: imageType, digest: sha("later"), size: 5 };
    const body = manifestOf("{}", [], { subject, artifactType: "text/sbom", annotations: { a: "b" } });
    const { headers } = await at.ask("PUT", `/v2/app/manifests/${sha(body)}`, { body, headers: { "content-type": imageType } });
    assert.equal(headers.get("oci-subject"), sha("later"));
    const all = await at.ask("GET", `/v2/app/referrers/${sha("later")}`);
    const only = { mediaType: imageType, digest: sha(body), size: body.length, artifactType: "text/sbom", annotations: { a: "b" } };
    assert.deepEqual(JSON.parse(all.text).manifests, [only]);
    const none = await at.ask("GET", `/v2/app/referrers/${sha("later")}?artifactType=other`);
    assert.deepEqual([JSON.parse(none.text).manifests, none.headers.get("oci-filters-applied")], [[], "artifactType"]);
  }));

test("what nothing leads to goes in its time; uploads under way, and what has just been asked for, stay", () =>
  using({}, async (at) => {
    const old = await pushImage(at, "app", "1", "old layer");
    await pushBlob(at, "app", "loose");
    const asked = await pushBlob(at, "app", "asked for");
    const upload = await begin(at, "app");
    await at.clock.advance(hour - 1000);
    await at.ask("PATCH", upload, { body: "under way" });
    await at.ask("HEAD", `/v2/app/blobs/${asked}`);
    await pushImage(at, "app", "1", "new layer");
    await at.clock.advance(2000);
    assert.equal(await at.registry.collect(), 1);
    assert.equal((await at.ask("GET", `/v2/app/blobs/${sha("loose")}`)).code, "BLOB_UNKNOWN");
    assert.equal((await at.ask("HEAD", `/v2/app/blobs/${asked}`)).status, 200);
    assert.equal((await at.ask("PUT", `${upload}?digest=${sha("under way")}`)).status, 201);
    assert.equal((await at.ask("HEAD", `/v2/app/manifests/${old}`)).status, 200);
    await at.clock.advance(7 * 24 * hour);
    assert.equal((await at.ask("HEAD", `/v2/app/manifests/${old}`)).status, 404);
    assert.equal((await at.ask("GET", "/v2/app/manifests/1")).status, 200);
    assert.deepEqual(blobFiles(at).toSorted(), [sha("{}"), sha("new layer")].map((digest) => digest.slice(7)).toSorted());
  }));

test("an image without a tag stays when it never had one, and what an index leads to goes with it", () =>
  using({}, async (at) => {
    await pushBlob(at, "app", "{}");
    const put = (body: string, type: string, reference: string) =>
      at.ask("PUT", `/v2/app/manifests/${reference}`, { body, headers: { "content-type": type } });
    const alone = manifestOf("{}", []);
    const child = manifestOf("{}", [], { annotations: { of: "index" } });
    const indexType = "application/vnd.oci.image.index.v1+json";
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [{ mediaType: imageType, digest: sha(child), size: 1 }],
    });
    assert.equal((await put(index, indexType, "all")).code, "MANIFEST_BLOB_UNKNOWN");
    for (const each of [alone, child]) await put(each, imageType, sha(each));
    assert.equal((await put(index, indexType, "all")).status, 201);
    await at.clock.advance(30 * 24 * hour);
    for (const each of [alone, child]) assert.equal((await at.ask("HEAD", `/v2/app/manifests/${sha(each)}`)).status, 200);
    assert.equal((await at.ask("DELETE", "/v2/app/manifests/all")).status, 202);
    await at.clock.advance(15 * 24 * hour);
    assert.equal((await at.ask("HEAD", `/v2/app/manifests/${sha(child)}`)).status, 404);
    assert.equal((await at.ask("HEAD", `/v2/app/manifests/${sha(alone)}`)).status, 200);
  }));

test("after a crash nothing is half: uploads begin anew, files that no row knows are gone, a lost file is no blob", async () => {
  let at = await testRegistry();
  try {
    const digest = await pushImage(at, "app", "1", "layer");
    const upload = await begin(at, "app");
    await at.ask("PATCH", upload, { body: "half" });
    // As if the process had ended between a file's name and its row.
    const stray = sha("never told of").slice(7);
    mkdirSync(join(at.folder, "blobs/sha256", stray.slice(0, 2)), { recursive: true });
    writeFileSync(join(at.folder, "blobs/sha256", stray.slice(0, 2), stray), "never told of");
    writeFileSync(join(at.folder, "uploads/left"), "half");
    const layer = sha("layer").slice(7);
    rmSync(join(at.folder, "blobs/sha256", layer.slice(0, 2), layer));
    at = await at.reopen();
    assert.deepEqual(uploadFiles(at), []);
    assert.deepEqual(blobFiles(at), [sha("{}").slice(7)]);
    assert.equal((await at.ask("PATCH", upload, { body: "x" })).code, "BLOB_UPLOAD_UNKNOWN");
    assert.equal((await at.ask("GET", "/v2/app/manifests/1")).headers.get("docker-content-digest"), digest);
    assert.equal((await at.ask("HEAD", `/v2/app/blobs/${sha("layer")}`)).status, 404);
    await pushBlob(at, "app", "layer");
    assert.equal((await at.ask("GET", `/v2/app/blobs/${sha("layer")}`)).text, "layer");
  } finally {
    await at.close();
  }
});

test("where the disk has no room an upload is refused, and leaves nothing", () =>
  using({ reserveBytes: 2 ** 60 }, async (at) => {
    const place = await begin(at, "app");
    const { status, code } = await at.ask("PATCH", place, { body: "bytes" });
    assert.deepEqual([status, code], [507, "UNKNOWN"]);
    assert.equal((await at.ask("POST", `/v2/app/blobs/uploads/?digest=${sha("bytes")}`, { body: "bytes" })).status, 507);
    assert.deepEqual([uploadFiles(at), blobFiles(at)], [[], []]);
  }));

test("who may only pull does not push, and pages of browsers change nothing", async () => {
  await using({ push: false }, async (at) => {
    assert.equal((await at.ask("GET", "/v2/")).status, 200);
    assert.deepEqual((await at.ask("POST", "/v2/app/blobs/uploads/")).code, "DENIED");
    assert.deepEqual((await at.ask("DELETE", "/v2/app/manifests/1")).status, 403);
  });
  await using({}, async (at) => {
    const raw = (host: string, more = "") =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(new URL(at.url).port), "127.0.0.1");
        socket.write(`POST /v2/app/blobs/uploads/ HTTP/1.1\r\nhost: ${host}\r\n${more}content-length: 0\r\nconnection: close\r\n\r\n`);
        socket.once("data", (data) => resolve(String(data).slice(9, 12)));
      });
    assert.equal(await raw("localhost:5000"), "202");
    assert.equal(await raw("[::1]:5000"), "202");
    assert.equal(await raw("evil.example"), "403");
    assert.equal(await raw("localhost:5000", "origin: https://evil.example\r\n"), "403");
  });
});
