import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { parseYaml } from "#codec/mod.ts";
import { issue, loadOrMakeCa } from "../issuer.ts";
import { addContext, addUserContext, removeContext, removeUserContext, shownBy } from "./file.ts";

const credentials = { server: "https://127.0.0.1:6443", ca: "ca", cert: "cert", key: "key" };

// biome-ignore lint/suspicious/noExplicitAny: a kubeconfig as it lies in the file
const read = (file: string) => parseYaml(readFileSync(file, "utf8")).documents[0].value as any;

test("a context is added beside others, made current, and taken out without a trace", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "sub", "config");
  addContext(file, "other", credentials);
  const before = read(file);
  addContext(file, "spoke", credentials);
  addContext(file, "spoke", { ...credentials, server: "https://127.0.0.1:7000" });
  const both = read(file);
  assert.deepEqual(
    both.contexts.map((context: { name: string }) => context.name),
    ["other", "spoke"],
  );
  assert.equal(both["current-context"], "spoke");
  assert.equal(both.clusters[1].cluster.server, "https://127.0.0.1:7000");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  removeContext(file, "spoke");
  assert.deepEqual(read(file), { ...before, "current-context": "" });
  rmSync(folder, { recursive: true });
});

test("what was current before is current again, and what another cluster of the name had is there again", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  addContext(file, "work", credentials);
  const work = read(file);
  const displaced = addContext(file, "spoke", credentials);
  assert.equal(displaced?.currentContext, "work");
  assert.equal(addContext(file, "spoke", credentials), undefined, "renewing displaces nothing");
  removeContext(file, "spoke", "ca", displaced);
  assert.deepEqual(read(file), work);

  addContext(file, "spoke", credentials);
  const first = read(file);
  const second = addContext(file, "spoke", { ...credentials, ca: "another", server: "https://127.0.0.1:6444" });
  removeContext(file, "spoke", "ca");
  assert.equal(read(file).clusters[1].cluster.server, "https://127.0.0.1:6444", "the one that is gone takes only its own entry");
  removeContext(file, "spoke", "another", second);
  assert.deepEqual(read(file), first);
  rmSync(folder, { recursive: true });
});

test("a context that went meanwhile is not made current", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  addContext(file, "work", credentials);
  addContext(file, "spoke", credentials);
  removeContext(file, "spoke", "ca", { currentContext: "gone" });
  assert.equal(read(file)["current-context"], "");
  rmSync(folder, { recursive: true });
});

test("the client key is in the form that Java loads too, and is the same key", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  for (const [type, options, header] of [
    ["ec", { namedCurve: "P-256" }, "-----BEGIN EC PRIVATE KEY-----"],
    ["rsa", { modulusLength: 2048 }, "-----BEGIN RSA PRIVATE KEY-----"],
  ] as const) {
    const { privateKey } = type === "ec" ? generateKeyPairSync(type, options) : generateKeyPairSync(type, options);
    addContext(file, "spoke", { ...credentials, key: String(privateKey.export({ format: "pem", type: "pkcs8" })) });
    const written = Buffer.from(read(file).users[0].user["client-key-data"], "base64").toString();
    assert.equal(written.split("\n")[0], header);
    assert.ok(createPrivateKey(written).equals(privateKey));
  }
  rmSync(folder, { recursive: true });
});

test("a broken kubeconfig is left as it is and named", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  writeFileSync(file, "a: [1");
  assert.throws(() => addContext(file, "spoke", credentials), /nothing was added/);
  assert.equal(readFileSync(file, "utf8"), "a: [1");
  rmSync(folder, { recursive: true });
});

test("people's contexts lie beside the administrator's, are kept when nothing is new, and go one by one", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  addContext(file, "spoke", { ...credentials, server: "https://127.0.0.1:7000" });
  const before = read(file);
  const anna = { user: "anna", namespace: "team", server: "https://127.0.0.1:6443", ca: "ca" };
  addUserContext(file, "spoke", { ...anna, shows: { cert: "hers", key: "key" } });
  const both = read(file);
  assert.deepEqual(both.contexts[1], { name: "anna@spoke", context: { cluster: "spoke", namespace: "team", user: "anna@spoke" } });
  assert.equal(both["current-context"], "spoke");
  assert.equal(both.clusters[0].cluster.server, "https://127.0.0.1:7000", "the address that is there stays");
  assert.deepEqual(shownBy(file, "spoke", "anna"), { cert: "hers" });
  assert.deepEqual(shownBy(file, "spoke", "ben"), {});
  addUserContext(file, "spoke", anna);
  assert.deepEqual(read(file), both);
  assert.throws(() => addUserContext(file, "spoke", { ...anna, ca: "another" }), /has another cluster of the name spoke/);
  assert.equal(removeUserContext(file, "spoke", "anna", "another"), false);
  assert.equal(removeUserContext(file, "spoke", "anna", "ca"), true);
  assert.equal(removeUserContext(file, "spoke", "anna", "ca"), false);
  assert.deepEqual(read(file), before);
  rmSync(folder, { recursive: true });
});

test("a file made for one person has his context as the current one, and is gone with it", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "anna.config");
  addUserContext(file, "spoke", { user: "anna", namespace: "anna", server: "s", ca: "ca", shows: { cert: "c", key: "k" } });
  assert.equal(read(file)["current-context"], "anna@spoke");
  removeUserContext(file, "spoke", "anna", "ca");
  assert.equal(existsSync(file), false);
  rmSync(folder, { recursive: true });
});

test("with the cluster go the contexts of its people, by their authority, and no others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  const make = async (user: string) => {
    const ca = await loadOrMakeCa(mkdtempSync(join(folder, "ca-")), "ca", "ca", systemClock);
    const pem = await issue(ca, { user, groups: [], use: "client", names: [], days: 1 }, systemClock);
    return { ca: ca.certificate.toString("pem"), pem };
  };
  const [ours, theirs] = [await make("anna"), await make("ben")];
  addContext(file, "spoke", { ...credentials, ca: ours.ca });
  addUserContext(file, "spoke", { user: "anna", namespace: "anna", server: "s", ...ours });
  addUserContext(file, "spoke", { user: "ben", namespace: "ben", server: "s", ca: ours.ca, shows: theirs.pem });
  removeContext(file, "spoke", ours.ca);
  assert.deepEqual(
    read(file).users.map(({ name }: { name: string }) => name),
    ["ben@spoke"],
  );
  rmSync(folder, { recursive: true });
});
