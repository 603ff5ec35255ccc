import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { NodeMetrics } from "../metrics/node-metrics.ts";
import type { Runtime, RuntimeImage } from "../runtime/runtime.ts";
import { FileWork } from "../volumes/file-work.ts";
import { Images } from "./images.ts";
import type { Credential } from "./keyring.ts";
import { merged, PullRecords, withoutTag } from "./pull-records.ts";
import { verificationOf } from "./verification.ts";

function records(t: TestContext, policy = "NeverVerifyPreloadedImages") {
  const stateFolder = mkdtempSync(join(tmpdir(), "records-"));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const clock = new VirtualClock();
  const metrics = new NodeMetrics();
  const files = new FileWork({ clock, seats: 4 });
  const open = () => new PullRecords({ stateFolder, files, clock, metrics, log: silentLog, verify: verificationOf(policy, undefined) });
  const folder = (name: string) => join(stateFolder, "image_manager", name);
  const written = (name: string) => readdirSync(folder(name)).map((file) => JSON.parse(readFileSync(join(folder(name), file), "utf8")));
  return { records: open(), open, written, clock, metrics, folder };
}

const ofSecret = (name: string, password = "p"): Credential => ({
  username: "u",
  password,
  source: { secret: { uid: `uid-${name}`, namespace: "n", name } },
});
const ofAccount = (name: string): Credential => ({
  username: "",
  password: name,
  source: { serviceAccount: { uid: `uid-${name}`, namespace: "n", name } },
});
const image = "a.example/team/app:1";
const show =
  (...all: Credential[]) =>
  async () =>
    all;
const nobody = async (): Promise<Credential[]> => assert.fail("nobody asks for credentials");

test("an image that nobody here pulled is for all, and one that was pulled without credentials too", async (t) => {
  const { records: kept, written, metrics } = records(t);
  assert.equal(await kept.mustPull(image, "id", nobody), false);
  await kept.begin(image);
  assert.equal(await kept.mustPull(image, "id", nobody), true, "while it is pulled, nobody knows whose it is");
  assert.deepEqual(written("pulling"), [{ kind: "ImagePullIntent", apiVersion: "kubelet.config.k8s.io/v1beta1", image }]);
  await kept.pulled(image, "id", undefined);
  assert.deepEqual(written("pulling"), []);
  assert.equal(await kept.mustPull(image, "id", nobody), false);
  assert.equal(await kept.mustPull("b.example/same:1", "id", nobody), true, "the same image by another name");
  const results = metrics.pullChecks.metric().samples.map(({ labels, value }) => [labels?.result, value]);
  assert.deepEqual(results, [
    ["credentialPolicyAllowed", 1],
    ["mustAuthenticate", 2],
    ["credentialRecordFound", 1],
  ]);
});

test("who has the same Secret, the same credentials or the same account needs no pull, and what is new of them is written down", async (t) => {
  const { records: kept, written, open } = records(t);
  await kept.begin(image);
  await kept.pulled(image, "id", ofSecret("one"));
  const must = (...all: Credential[]) => kept.mustPull(image, "id", show(...all));
  assert.deepEqual([await must(), await must(ofSecret("two", "other")), await must(ofAccount("robot"))], [true, true, true]);
  assert.deepEqual(
    [await must(ofSecret("one")), await must(ofSecret("one", "renewed")), await must(ofSecret("two", "renewed"))],
    [false, false, false],
  );
  const [{ imageRef, credentialMapping, lastUpdatedTime }] = written("pulled");
  assert.match(lastUpdatedTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(imageRef, "id");
  const [one, two] = credentialMapping["a.example/team/app"].kubernetesSecrets;
  assert.deepEqual([one.name, two.name, one.credentialHash === two.credentialHash], ["one", "two", true]);
  await kept.begin(image);
  await kept.pulled(image, "id", ofAccount("robot"));
  assert.deepEqual([await must(ofAccount("robot")), await must(ofAccount("other"))], [false, true]);
  const next = open();
  await next.load(async () => []);
  assert.equal(await next.mustPull(image, "id", show(ofSecret("two", "renewed"))), false, "a kubelet that starts anew knows it");
});

test("Go's form of credentials is what their hash is of", async (t) => {
  const { records: kept, written } = records(t);
  await kept.begin(image);
  await kept.pulled(image, "id", { ...ofSecret("one"), username: "ann", password: "secret" });
  const [secret] = written("pulled")[0].credentialMapping["a.example/team/app"].kubernetesSecrets;
  // printf '{"username":"ann","password":"secret"}' | sha256sum
  assert.equal(secret.credentialHash, "873fbdaa390da51419a03f85bd20c12e9885f2020feb0cb52ec699772d2e05d4");
});

test("what was being pulled when a kubelet ended is for nobody until it is pulled again, and records go with their images", async (t) => {
  const { records: before, open, written, clock, folder } = records(t);
  await before.begin(image);
  await before.begin("gone.example/x:1");
  const after = open();
  await after.load(async () => [{ id: "id", repoTags: [image], repoDigests: [] }] as unknown as RuntimeImage[]);
  assert.deepEqual(written("pulled")[0].credentialMapping, {});
  assert.deepEqual(
    written("pulling").map((each) => each.image),
    ["gone.example/x:1"],
  );
  assert.equal(await after.mustPull(image, "id", nobody), true);
  writeFileSync(join(folder("pulled"), "sha256-broken"), "{");
  const [file = ""] = readdirSync(folder("pulled")).filter((name) => name !== "sha256-broken");
  const text = readFileSync(join(folder("pulled"), file), "utf8");
  writeFileSync(join(folder("pulled"), file), "{");
  const blind = open();
  await blind.load(async () => []);
  assert.equal(await blind.mustPull(image, "id", nobody), true, "a record that cannot be read is for nobody");
  writeFileSync(join(folder("pulled"), file), text);
  await after.prune(["other"], clock.now());
  assert.equal(readdirSync(folder("pulled")).length, 2, "it was written since");
  await clock.advance(2000);
  await after.prune(["id"], clock.now());
  assert.equal(readdirSync(folder("pulled")).length, 2);
  await after.prune(["other"], clock.now());
  assert.deepEqual(readdirSync(folder("pulled")), ["sha256-broken"]);
});

test("two pulls of an image leave its intent until both have ended", async (t) => {
  const { records: kept, written } = records(t);
  await kept.begin(image);
  await kept.begin(image);
  await kept.failed(image);
  assert.equal(written("pulling").length, 1);
  await kept.failed(image);
  assert.deepEqual(written("pulling"), []);
});

test("what is for all pods stays so, and nothing new is nothing to write", () => {
  const secret = { uid: "u", namespace: "n", name: "s", credentialHash: "h" };
  const one = { kubernetesSecrets: [secret] };
  assert.deepEqual(merged(undefined, "a", one), { a: one });
  assert.equal(merged({ a: one }, "a", one), undefined);
  assert.equal(merged({ a: one }, "a", {}), undefined);
  assert.equal(merged({ a: { nodePodsAccessible: true } }, "a", one), undefined);
  assert.deepEqual(merged({ a: one, b: one }, "a", { nodePodsAccessible: true }), { a: { nodePodsAccessible: true }, b: one });
  assert.deepEqual(["a:1/b", "a:1/b:2", "a/b:2@sha256:0", "a"].map(withoutTag), ["a:1/b", "a:1/b", "a/b", "a"]);
});

test("policies are upstream's", () => {
  const asks = (policy: string, list?: string[]) =>
    [true, false].map((pulled) => verificationOf(policy, list)("a.example/team/app:1", pulled));
  assert.deepEqual(asks("NeverVerify"), [false, false]);
  assert.deepEqual(asks("NeverVerifyPreloadedImages"), [true, false]);
  assert.deepEqual(asks("AlwaysVerify"), [true, true]);
  assert.deepEqual(asks("NeverVerifyAllowlistedImages", ["a.example/team/app"]), [false, false]);
  assert.deepEqual(asks("NeverVerifyAllowlistedImages", ["a.example/team/*"]), [false, false]);
  assert.deepEqual(asks("NeverVerifyAllowlistedImages", ["a.example/team"]), [true, true]);
  assert.throws(
    () => verificationOf("Odd", undefined),
    /option "Odd" specified for imagePullCredentialsVerificationPolicy\. Valid options/,
  );
  assert.throws(() => verificationOf("AlwaysVerify", ["a"]), /can't set `preloadedImagesVerificationAllowlist`/);
  for (const [pattern, why] of [
    [" a", "spaces are not allowed"],
    ["a*/b", "not a valid wildcard"],
    ["/*", "at least registry hostname"],
    ["a/b:1", "neither tag nor digest"],
    ["A/b!", "failed to parse"],
  ] as const)
    assert.throws(() => verificationOf("NeverVerifyAllowlistedImages", [pattern]), new RegExp(why));
});

test("a pod without the credentials of an image that is here does not get it, with Never not either", async (t) => {
  const { records: kept, clock } = records(t);
  const here: RuntimeImage = { id: "id", repoTags: [image], repoDigests: [], size: 1, username: "" };
  const runtime = {
    imageStatus: async () => here,
    async pullImage(_: string, auth: { password: string } | undefined) {
      if (auth?.password !== "p") throw new Error("401 Unauthorized");
      return "id";
    },
  } as unknown as Runtime;
  const images = new Images(runtime, clock, kept);
  const ensure = async (uid: string, policy: string, ...all: Credential[]) => {
    const result = await images.ensure({ uid, image, policy, credentials: show(...all), onPull() {} });
    return result.ok ? result.pulledMs !== undefined : result.reason;
  };
  assert.equal(await ensure("early", "IfNotPresent"), false, "somebody else put it here");
  assert.equal(await ensure("owner", "Always", ofSecret("own")), true);
  assert.equal(await ensure("stranger", "IfNotPresent"), "ErrImagePull");
  assert.equal(await ensure("stranger", "IfNotPresent"), "ImagePullBackOff");
  assert.equal(await ensure("quiet", "Never"), "ErrImageNeverPull");
  assert.equal(await ensure("friend", "IfNotPresent", ofSecret("own")), false);
});
