import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import { NodeMetrics } from "../../metrics/node-metrics.ts";
import { type ProviderWords, problemsOf, readProviders } from "./config.ts";
import { type Answer, answerOf, askProgram, type Question } from "./program.ts";
import { Provider } from "./provider.ts";

const v1 = "credentialprovider.kubelet.k8s.io/v1";
const words: ProviderWords = { name: "p", apiVersion: v1, matchImages: ["*.example.com"], defaultCacheDuration: "10m" };
const tokens = { serviceAccountTokenAudience: "registry", requireServiceAccount: true, cacheType: "ServiceAccount" };
const puller = { namespace: "n", name: "pod", uid: "u", serviceAccount: "robot" };

function aProvider(own: Partial<ProviderWords>, answer: (question: Question, count: number) => Partial<Answer>) {
  const asked: Question[] = [];
  const clock = new VirtualClock();
  const account = { metadata: { uid: "sa", annotations: { team: "blue" } as Record<string, string> } };
  let issued = 0;
  const provider = new Provider(
    { ...words, ...own },
    {
      folder: "",
      clock,
      log: silentLog,
      metrics: new NodeMetrics(),
      account: async () => ({ apiVersion: "v1", kind: "ServiceAccount", ...account }),
      token: async (_, audience) => `${audience}-${++issued}`,
      async ask(question) {
        asked.push(question);
        const login = { username: "u", password: `${asked.length}` };
        return { cacheKeyType: "Image", auth: { "*.example.com": login }, ...answer(question, asked.length) };
      },
    },
  );
  const get = async (image: string, by = puller) => {
    const { logins, source } = await provider.provide(image, by);
    return [logins["*.example.com"]?.password, source?.serviceAccount?.name];
  };
  return { asked, clock, get, account };
}

test("answers are kept by image, by registry or for all, as long as they say", async () => {
  for (const [cacheKeyType, calls] of [
    ["Image", 3],
    ["Registry", 2],
    ["Global", 1],
  ] as const) {
    const { asked, clock, get } = aProvider({}, () => ({ cacheKeyType, cacheDuration: "1m" }));
    const images = ["a.example.com/x", "a.example.com/y", "b.example.com/x"];
    for (const image of [...images, ...images]) await get(image);
    assert.equal(asked.length, calls, cacheKeyType);
    await clock.advance(60_001);
    await get(images[0]!);
    assert.equal(asked.length, calls + 1);
  }
});

test("without a word about it answers are kept as configured, and not at all for 0", async () => {
  for (const [own, cacheDuration, calls] of [
    [{}, undefined, 1],
    [{ defaultCacheDuration: "0s" }, undefined, 2],
    [{}, "0s", 2],
  ] as const) {
    const { asked, get } = aProvider(own, () => (cacheDuration ? { cacheDuration } : {}));
    await get("a.example.com/x");
    await get("a.example.com/x");
    assert.equal(asked.length, calls);
  }
});

test("images that are not meant for a program, and answers that are none, give nothing", async () => {
  const { asked, get } = aProvider({}, () => ({ cacheKeyType: "Odd" }));
  assert.deepEqual(await get("example.com/x"), [undefined, undefined]);
  assert.equal(asked.length, 0);
  assert.deepEqual(await get("a.example.com/x"), [undefined, undefined]);
  assert.equal(asked.length, 1);
});

test("pods that ask for the same at once share an answer", async () => {
  const { asked, get } = aProvider({}, () => ({ cacheDuration: "0s" }));
  await Promise.all([get("a.example.com/x"), get("a.example.com/x"), get("a.example.com/y")]);
  assert.equal(asked.length, 2);
});

test("in token mode the program gets the pod's token and annotations, and answers are the account's", async () => {
  const tokenAttributes = { ...tokens, requiredServiceAccountAnnotationKeys: ["team"], optionalServiceAccountAnnotationKeys: ["more"] };
  const { asked, get, account } = aProvider({ tokenAttributes }, () => ({}));
  assert.deepEqual(await get("a.example.com/x"), ["1", "robot"]);
  assert.deepEqual(asked, [{ image: "a.example.com/x", token: "registry-1", annotations: { team: "blue" } }]);
  assert.deepEqual(await get("a.example.com/x", { ...puller, uid: "other" }), ["1", "robot"]);
  account.metadata.annotations = { team: "red", more: "x" };
  assert.deepEqual(await get("a.example.com/x"), ["2", "robot"]);
  assert.deepEqual(asked[1]?.annotations, { team: "red", more: "x" });
  account.metadata.annotations = {};
  assert.deepEqual(await get("a.example.com/x"), [undefined, undefined], "an account that lacks a required one");
  assert.deepEqual(await get("a.example.com/x", { ...puller, serviceAccount: "" }), [undefined, undefined]);
});

test("kept by token, answers are of one pod; a program that does not need an account is asked without", async () => {
  const byToken = aProvider({ tokenAttributes: { ...tokens, cacheType: "Token" } }, ({ token }) => ({
    auth: { "*.example.com": { username: "", password: token! } },
  }));
  assert.deepEqual(await byToken.get("a.example.com/x"), ["registry-1", "robot"]);
  assert.deepEqual(await byToken.get("a.example.com/x"), ["registry-2", "robot"]);
  const echo = aProvider({ tokenAttributes: tokens }, ({ token }) => ({ auth: { "*.example.com": { username: "", password: token! } } }));
  assert.deepEqual(await echo.get("a.example.com/x"), [undefined, undefined], "the token itself is no password");
  const anybody = aProvider({ tokenAttributes: { ...tokens, requireServiceAccount: false } }, () => ({}));
  assert.deepEqual(await anybody.get("a.example.com/x", { ...puller, serviceAccount: "" }), ["1", undefined]);
  assert.deepEqual(anybody.asked, [{ image: "a.example.com/x", token: "", annotations: {} }]);
});

test("what is wrong with a configuration is told in upstream's words", () => {
  const told = (own: Partial<ProviderWords>) => problemsOf([{ ...words, ...own }]).list.map(({ field, detail }) => `${field}: ${detail}`);
  assert.deepEqual(told({}), []);
  assert.deepEqual(problemsOf([]).list[0]?.detail, "at least 1 item in plugins is required");
  assert.deepEqual(told({ name: "../a b", matchImages: [] }), [
    "providers.name: provider name cannot contain '/'",
    "providers.name: provider name cannot contain spaces",
    "providers.matchImages: at least 1 item in matchImages is required",
  ]);
  assert.deepEqual(told({ apiVersion: "v2", defaultCacheDuration: "-1s" }), [
    'providers.apiVersion: supported values: "credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1alpha1", "credentialprovider.kubelet.k8s.io/v1beta1"',
    "providers.defaultCacheDuration: must be greater than or equal to 0",
  ]);
  const at = "providers.tokenAttributes";
  assert.deepEqual(told({ tokenAttributes: {} }).length, 3);
  const both = { ...tokens, requiredServiceAccountAnnotationKeys: ["a"], optionalServiceAccountAnnotationKeys: ["a"], cacheType: "Pod" };
  assert.deepEqual(told({ tokenAttributes: both }), [
    `${at}: annotation keys cannot be both required and optional`,
    `${at}.cacheType: supported values: "ServiceAccount", "Token"`,
  ]);
});

test("an answer is in the version in which it was asked, and is never told", () => {
  const text = (of: object) => JSON.stringify({ kind: "CredentialProviderResponse", apiVersion: v1, cacheKeyType: "Image", ...of });
  const auth = { a: { username: "u", password: "p" } };
  assert.deepEqual(answerOf(text({ auth, cacheDuration: "1h" }), v1), { cacheKeyType: "Image", cacheDuration: "1h", auth });
  assert.deepEqual(answerOf(text({ cacheDuration: null, auth: null }), v1), { cacheKeyType: "Image", auth: {} });
  assert.throws(() => answerOf(text({ apiVersion: "x/v2" }), v1), /did not match expected apiVersion/);
  for (const odd of [{ kind: "Odd" }, { auth: { a: { username: "u", password: 7 } } }, { cacheDuration: 5 }])
    assert.throws(() => answerOf(text(odd), v1), { message: "error decoding credential provider plugin response from stdout" });
});

function programs(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "providers-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const binaries = join(folder, "bin");
  mkdirSync(binaries);
  const program = (name: string, text: string) => {
    writeFileSync(join(binaries, name), `#!/bin/sh\n${text}`);
    chmodSync(join(binaries, name), 0o755);
  };
  return { folder, binaries, program };
}

test("a program gets the request on its standard input, its arguments and its environment", async (t) => {
  const { folder, binaries, program } = programs(t);
  const answer = JSON.stringify({ kind: "CredentialProviderResponse", apiVersion: v1, cacheKeyType: "Global", auth: {} });
  program("good", `cat > ${folder}/request; echo "$1 $WHO" > ${folder}/words; echo '${answer}'`);
  program("bad", "echo no >&2; exit 3");
  const metrics = new NodeMetrics();
  const ask = (name: string) =>
    askProgram(
      { name, folder: binaries, apiVersion: v1, args: ["one"], env: { WHO: "me" } },
      { image: "a/b", token: "t" },
      { metrics, clock: systemClock },
    );
  assert.deepEqual(await ask("good"), { cacheKeyType: "Global", auth: {} });
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "request"), "utf8")), {
    kind: "CredentialProviderRequest",
    apiVersion: v1,
    image: "a/b",
    serviceAccountToken: "t",
  });
  assert.equal(readFileSync(join(folder, "words"), "utf8"), "one me\n");
  await assert.rejects(ask("bad"), { message: "error execing credential provider plugin bad for image a/b: exit status 3: no\n" });
  assert.deepEqual(metrics.credentialErrors.metric().samples, [{ labels: { plugin_name: "bad" }, value: 1 }]);
});

test("a configuration is a file or the files of a folder, and its programs are there", (t) => {
  const { folder, binaries, program } = programs(t);
  const config = join(folder, "config");
  mkdirSync(config);
  assert.throws(() => readProviders({ config, binaries }), { message: `no configuration files found in directory "${config}"` });
  const write = (file: string, name: string) =>
    writeFileSync(
      join(config, file),
      `apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- name: ${name}\n  apiVersion: ${v1}\n  matchImages: [a.example]\n  defaultCacheDuration: 1h\n`,
    );
  write("b.yaml", "second");
  write("a.yml", "first");
  write("c.txt", "third");
  const read = () => readProviders({ config, binaries });
  assert.throws(read, { message: `plugin binary executable ${binaries}/first did not exist` });
  program("first", "");
  program("second", "");
  const { providers, hash } = read();
  assert.deepEqual([providers.map(({ name }) => name), /^sha256:[0-9a-f]{64}$/.test(hash)], [["first", "second"], true]);
  write("d.json", "first");
  assert.throws(read, { message: 'duplicate provider name "first" found in configuration file(s)' });
  assert.throws(() => readProviders({ config, binaries: join(folder, "none") }), {
    message: `plugin binary directory ${join(folder, "none")} did not exist`,
  });
});
