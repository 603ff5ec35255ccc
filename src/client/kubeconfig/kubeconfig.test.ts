/** What client-go says of kubeconfigs and credential plugins, recorded from kubectl 1.36.4. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { kubeconfigFiles, loadKubeconfig, type User } from "./config.ts";
import { credentialsOf } from "./credentials.ts";
import { type Overrides, resolveTarget, type Target } from "./target.ts";

function folder(t: TestContext, files: Record<string, string> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

function configOf(user: object, cluster: object = { server: "https://a:1" }): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

function targetOf(t: TestContext, text: string, options: { flags?: Overrides; files?: Record<string, string> } = {}): Target {
  const cwd = folder(t, { ...options.files, k: text });
  return resolveTarget(loadKubeconfig({ env: {}, cwd }, "k"), options.flags ?? {}, { env: {}, cwd });
}

const refused: [string, object, RegExp | string][] = [
  [
    "two methods",
    { token: "a", username: "a", password: "b" },
    "more than one authentication method found for u; found [token basicAuth], only one is allowed",
  ],
  [
    "a certificate without its key",
    { "client-certificate": "k" },
    "client-key-data or client-key must be specified for u to use the clientCert authentication method.",
  ],
  [
    "a key that is not there",
    { "client-certificate": "k", "client-key": "nokey" },
    /^unable to read client-key \/.*\/nokey for u due to open \/.*\/nokey: no such file or directory$/,
  ],
  [
    "a plugin of v1 without its mode",
    { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./p" } },
    "interactiveMode must be specified for u to use exec authentication plugin",
  ],
  [
    "a plugin without a version",
    { exec: { command: "p", interactiveMode: "Never" } },
    "apiVersion must be specified for u to use exec authentication plugin",
  ],
  ["groups without a user", { "as-groups": ["g"] }, "requesting uid, groups or user-extra for u without impersonating a user"],
  ["data that is no base64", { "client-certificate-data": "!!" }, 'error loading config file "k": illegal base64 data at input byte 0'],
];
for (const [name, user, message] of refused) {
  test(`a kubeconfig is refused: ${name}`, (t) => {
    assert.throws(() => targetOf(t, configOf(user)), { name: "KubeconfigError", message });
  });
}

test("a kubeconfig is refused: an authority beside insecure, and lists that are maps", (t) => {
  const cluster = { server: "https://a:1", "insecure-skip-tls-verify": true, "certificate-authority-data": "AAAA" };
  assert.throws(() => targetOf(t, configOf({}, cluster)), {
    message: "specifying a root certificates file with the insecure flag is not allowed",
  });
  assert.throws(() => targetOf(t, "clusters: {c: {server: x}}\n"), {
    message: /json: cannot unmarshal object into Go struct field Config.clusters of type \[\]v1.NamedCluster$/,
  });
});

test("impersonation in the file holds for what a flag does not say", (t) => {
  const user = { as: "bob", "as-groups": ["g1"], "as-user-extra": { k: ["v"] } };
  assert.deepEqual(targetOf(t, configOf(user)).user, user);
  assert.deepEqual(targetOf(t, configOf(user), { flags: { as: "alice" } }).user, { ...user, as: "alice" });
});

test("a token file wins over a token, and lies beside the kubeconfig", async (t) => {
  const target = targetOf(t, configOf({ token: "wrong", tokenFile: "tok" }), { files: { tok: "right\n" } });
  assert.equal((await credentialsOf(target)).authorization, "Bearer right");
});

test("the first file to name an entry wins, and the files of $KUBECONFIG come before the one at home", (t) => {
  const cwd = folder(t, { a: configOf({ token: "a" }), b: configOf({ token: "b" }) });
  const place = { env: { KUBECONFIG: `:${join(cwd, "a")}:${join(cwd, "b")}`, HOME: cwd }, cwd };
  assert.equal(kubeconfigFiles(place).length, 2);
  assert.equal(resolveTarget(loadKubeconfig(place), {}, place).user.token, "a");
  assert.deepEqual(kubeconfigFiles({ env: { HOME: "/h" }, cwd }), ["/h/.kube/config"]);
});

const plugin = (answer: string) => `#!/bin/sh\nprintf '%s' '${answer}'\n`;
const v1 = "client.authentication.k8s.io/v1";

function pluginTarget(t: TestContext, exec: Partial<NonNullable<User["exec"]>>, script: string, cluster?: object): Target {
  const cwd = folder(t, {
    plug: script,
    k: configOf({ exec: { apiVersion: v1, command: "./plug", interactiveMode: "Never", ...exec } }, cluster),
  });
  chmodSync(join(cwd, "plug"), 0o755);
  return resolveTarget(loadKubeconfig({ env: {}, cwd: "/" }, join(cwd, "k")), {}, { env: {}, cwd: "/" });
}

test("a credential plugin is found beside the kubeconfig and learns of the cluster when it may", async (t) => {
  const script = `#!/bin/sh\nprintf '{"kind":"ExecCredential","apiVersion":"${v1}","status":{"token":"%s"}}' "$(printf '%s' "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n')"\n`;
  const target = pluginTarget(t, { provideClusterInfo: true }, script, { server: "https://a:1", "certificate-authority-data": "AAAA" });
  const { authorization } = await credentialsOf(target);
  assert.deepEqual(JSON.parse(Buffer.from(authorization.slice("Bearer ".length), "base64").toString()), {
    kind: "ExecCredential",
    apiVersion: v1,
    spec: { cluster: { server: "https://a:1", "certificate-authority-data": "AAAA", config: null }, interactive: false },
  });
});

const getting = "Unable to connect to the server: getting credentials: ";
const failing: [string, Partial<NonNullable<User["exec"]>>, string, string | RegExp][] = [
  [
    "another version",
    { apiVersion: "client.authentication.k8s.io/v9" },
    "",
    'exec plugin: invalid apiVersion "client.authentication.k8s.io/v9"',
  ],
  [
    "an answer of another version",
    { apiVersion: "client.authentication.k8s.io/v1beta1" },
    `{"kind":"ExecCredential","apiVersion":"${v1}","status":{"token":"t"}}`,
    `${getting}exec plugin is configured to use API version client.authentication.k8s.io/v1beta1, plugin returned version ${v1}`,
  ],
  [
    "an answer without credentials",
    {},
    `{"kind":"ExecCredential","apiVersion":"${v1}","status":{}}`,
    `${getting}exec plugin didn't return a token or cert/key pair`,
  ],
  [
    "no such program",
    { command: "nosuchplug", installHint: "get it" },
    "",
    /^Unable to connect to the server: getting credentials: exec: executable nosuchplug not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed\.\n[\s\S]*\n\nget it$/,
  ],
];
for (const [name, exec, answer, message] of failing) {
  test(`a credential plugin fails in client-go's words: ${name}`, async (t) => {
    await assert.rejects(credentialsOf(pluginTarget(t, exec, plugin(answer))), { name: "KubeconfigError", message });
  });
}

test("a provider that upstream removed is named", async (t) => {
  await assert.rejects(credentialsOf(targetOf(t, configOf({ "auth-provider": { name: "gcp" } }))), {
    message: /^The gcp auth plugin has been removed\.\n/,
  });
});

const faults: [name: string, text: string, flags: Overrides, message: string][] = [
  ["no YAML", "foo: bar: baz", {}, 'error loading config file "k": yaml: mapping values are not allowed in this context'],
  [
    "another version",
    "apiVersion: v2\nkind: Config",
    {},
    'error loading config file "k": no kind "Config" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"',
  ],
  ["a current context alone", "current-context: z", {}, "Error in configuration: context was not found for specified context: z"],
  [
    "one fault, and a namespace",
    configOf({ "client-certificate-data": "AAAA" }),
    { namespace: "n" },
    "Error in configuration: client-key-data or client-key must be specified for u to use the clientCert authentication method.",
  ],
  [
    "two faults",
    configOf({ "client-certificate-data": "AAAA", "as-groups": ["g"] }),
    {},
    "Error in configuration: \n* client-key-data or client-key must be specified for u to use the clientCert authentication method.\n" +
      "* requesting uid, groups or user-extra for u without impersonating a user",
  ],
];
for (const [name, text, flags, message] of faults)
  test(`a kubeconfig is refused in upstream's words: ${name}`, (t) => assert.throws(() => targetOf(t, text, { flags }), { message }));

test("an empty server is none", (t) => assert.equal(targetOf(t, configOf({}, { server: "" })).server, "http://localhost:8080"));
