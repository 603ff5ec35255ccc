import assert from "node:assert/strict";
import { createHash, createHmac, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { loadOrMakeCa } from "../issuer.ts";
import { judge } from "./discover.ts";
import { caHashOf, type JoinToken, readToken, writeToken } from "./token.ts";
import { infoKubeconfig } from "./welcome.ts";

const newCa = async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-ca-"));
  const { certificate } = await loadOrMakeCa(folder, "ca", "ca", systemClock);
  rmSync(folder, { recursive: true });
  return certificate.toString("pem");
};
const sign = (content: string, { id, secret }: JoinToken, header: object = { alg: "HS256", kid: id }) => {
  const first = Buffer.from(JSON.stringify(header)).toString("base64url");
  const mac = createHmac("sha256", secret)
    .update(`${first}.${Buffer.from(content).toString("base64url")}`)
    .digest("base64url");
  return `${first}..${mac}`;
};

test("a token is read as it was written, and kubeadm's without a hash too", async () => {
  const ca = await newCa();
  const token = { id: "abcdef", secret: "0123456789abcdef", caHash: caHashOf(ca) };
  assert.deepEqual(readToken(writeToken(token)), token);
  assert.deepEqual(readToken("abcdef.0123456789abcdef"), { id: "abcdef", secret: "0123456789abcdef" });
  const key = new X509Certificate(ca).publicKey.export({ type: "spki", format: "der" });
  assert.equal(token.caHash, `sha256:${createHash("sha256").update(key).digest("hex")}`);
  for (const wrong of [
    "",
    "abcdef",
    "ABCDEF.0123456789abcdef",
    "abcdef.0123456789abcde",
    "abcdef.0123456789abcdef.sha256:12",
    "K10abc::server:x",
  ])
    assert.throws(() => readToken(wrong), /abcdef\.0123456789abcdef is needed/, wrong);
});

test("who answers is believed only with the token's signature and the authority that the token names", async () => {
  const [ca, other] = [await newCa(), await newCa()];
  const token: JoinToken = { id: "abcdef", secret: "0123456789abcdef", caHash: caHashOf(ca) };
  const kubeconfig = infoKubeconfig("https://10.0.0.1:6443", ca);
  const key = "jws-kubeconfig-abcdef";
  assert.deepEqual(judge({ kubeconfig, [key]: sign(kubeconfig, token) }, token), { server: "https://10.0.0.1:6443", ca });
  const refused: [data: Record<string, string>, message: RegExp][] = [
    [{}, /tells nothing of itself/],
    [{ kubeconfig }, /knows no token abcdef/],
    [{ kubeconfig, [key]: sign(kubeconfig, { ...token, secret: "fedcba9876543210" }) }, /not signed with this token's secret/],
    [{ kubeconfig: kubeconfig.replace("10.0.0.1", "10.0.0.9"), [key]: sign(kubeconfig, token) }, /not signed/],
    [{ kubeconfig, [key]: sign(kubeconfig, token, { alg: "none", kid: "abcdef" }) }, /not signed/],
    [{ kubeconfig, [key]: sign(kubeconfig, token, { alg: "HS256", kid: "other1" }) }, /not signed/],
    [{ kubeconfig, [key]: "nothing" }, /not signed/],
    [{ kubeconfig, [key]: "..." }, /not signed/],
  ];
  for (const [data, message] of refused) assert.throws(() => judge(data, token), message);
  // Somebody who knows the secret, a former machine say, and has an authority of his own.
  const theirs = infoKubeconfig("https://10.0.0.1:6443", other);
  assert.throws(() => judge({ kubeconfig: theirs, [key]: sign(theirs, token) }, token), /not the one that the token names/);
  const empty = "apiVersion: v1\nclusters: []\n";
  assert.throws(() => judge({ kubeconfig: empty, [key]: sign(empty, token) }, token), /names no cluster/);
});
