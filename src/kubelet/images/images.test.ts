import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import type { Runtime, RuntimeImage } from "../runtime/runtime.ts";
import { Images, type Want } from "./images.ts";
import type { Credential } from "./keyring.ts";

/** A registry that wants a password. */
function registry() {
  const asked: (object | undefined)[] = [];
  const here = new Set<string>();
  const runtime = {
    imageStatus: async (reference: string) =>
      here.has(reference) ? ({ id: reference, repoTags: [], repoDigests: [], size: 1, username: "" } as RuntimeImage) : undefined,
    pullImage: async (reference: string, auth?: object) => {
      asked.push(auth);
      await Promise.resolve();
      if (!auth) throw new Error("401 Unauthorized");
      here.add(reference);
      return reference;
    },
  } as unknown as Runtime;
  return { asked, runtime };
}

/** Whatever is here is for all. */
const unguarded = { mustPull: async () => false, begin: async () => {}, pulled: async () => {}, failed: async () => {} };

const want = (of: Partial<Want>, ...logins: Credential[]): Want => ({
  uid: "pod",
  image: "registry.test/a:1",
  policy: "IfNotPresent",
  credentials: async () => logins,
  onPull() {},
  ...of,
});

test("each of the credentials is tried, and what all of them were told is told", async () => {
  const asked: string[] = [];
  const runtime = {
    imageStatus: async (id: string) => (asked.includes("right") ? { id, repoTags: [], repoDigests: [], size: 1, username: "" } : undefined),
    async pullImage(reference: string, { username }: { username: string }) {
      asked.push(username);
      if (username !== "right") throw new Error(username === "twin" ? "wrong is unknown" : `${username} is unknown`);
      return reference;
    },
  } as unknown as Runtime;
  const login = (username: string) => ({ username, password: "" });
  const images = new Images(runtime, new VirtualClock(), unguarded);
  const failed = await images.ensure(want({}, login("wrong"), login("twin"), login("odd")));
  assert.equal(failed.ok ? "" : failed.message, "[wrong is unknown, odd is unknown]");
  const pulled = await images.ensure(want({ uid: "other" }, login("wrong"), login("right"), login("odd")));
  assert.deepEqual([pulled.ok, asked], [true, ["wrong", "twin", "odd", "wrong", "right"]]);
  await images.ensure(want({ credentials: () => Promise.reject(new Error("nobody asks")) }));
});

test("a pod without credentials neither uses nor delays the pull of one that has them", async () => {
  const { asked, runtime } = registry();
  const images = new Images(runtime, new VirtualClock(), unguarded);
  const ensure = (uid: string, ...logins: Credential[]) => images.ensure(want({ uid, policy: "Always" }, ...logins));
  const secret = { username: "ann", password: "secret" };
  const [stranger, first, second] = await Promise.all([ensure("stranger"), ensure("first", secret), ensure("second", secret)]);
  assert.deepEqual([stranger.ok, first.ok, second.ok], [false, true, true]);
  assert.equal(asked.length, 2, "pods with the same credentials share a pull");
  const again = await ensure("stranger");
  assert.equal(again.ok ? "" : again.reason, "ImagePullBackOff");
  assert.equal((await ensure("other")).ok, false);
  assert.equal((await ensure("third", secret)).ok, true);
});

test("after its back-off a pod tries again, and waits longer after each failure", async () => {
  const clock = new VirtualClock();
  const { asked, runtime } = registry();
  const images = new Images(runtime, clock, unguarded);
  const reason = async () => {
    const result = await images.ensure(want({}));
    return result.ok ? "" : result.reason;
  };
  const tries: number[] = [];
  for (let second = 0; second < 75; second++) {
    if ((await reason()) === "ErrImagePull") tries.push(second);
    await clock.advance(1000);
  }
  assert.deepEqual(tries, [0, 10, 30, 70]);
  assert.equal(asked.length, 4);
});

test("an image that is here is good enough for Always where no registry answers, and only there", async () => {
  const head = 'failed to resolve reference "images.example/a:1": failed to do request: Head "https://images.example/v2/a/manifests/1"';
  const rows: [message: string, ok: boolean][] = [
    [`${head}: unexpected EOF`, true],
    [`${head}: EOF`, true],
    [`${head}: dial tcp 192.0.2.1:443: i/o timeout`, true],
    [`${head}: tls: failed to verify certificate: x509: certificate signed by unknown authority`, false],
    ["failed to copy: httpReadSeeker: failed open: unexpected status code 401 Unauthorized", false],
    ["failed to unpack: unexpected EOF", false],
  ];
  for (const [message, ok] of rows) {
    const runtime = {
      imageStatus: async (id: string) => ({ id, repoTags: [], repoDigests: [], size: 1, username: "" }),
      pullImage: () => Promise.reject(new Error(message)),
    } as unknown as Runtime;
    const result = await new Images(runtime, new VirtualClock(), unguarded).ensure(want({ image: "images.example/a:1", policy: "Always" }));
    assert.equal(result.ok, ok, message);
  }
});
