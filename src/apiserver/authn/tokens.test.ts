import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { importPKCS8, type JWTPayload, SignJWT } from "jose";
import { type KubeObject, nodes, pods, secrets, serviceaccounts } from "#api/mod.ts";
import { keys, type SecureFixture, secureFixture } from "../fixture.ts";
import { TokenKeys } from "./token-keys.ts";

let at: SecureFixture;
const issuer = "https://kubernetes.default.svc.cluster.local";
const before_ = pair();
const own = new TokenKeys({ private: keys.privateKey, public: keys.publicKey });
const put = (kind: string, name: string, more: object = {}, namespace?: string) =>
  at.put({ apiVersion: "v1", kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...more } as KubeObject);

function pair() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

before(async () => {
  at = await secureFixture({ serviceAccountKey: { private: keys.privateKey, public: keys.publicKey, alsoTrusted: [before_.publicKey] } });
  await put("Namespace", "n");
  await put("Node", "n1");
  await put("ServiceAccount", "robot", {}, "n");
  await put("Secret", "s", {}, "n");
  await put("Pod", "p", { spec: { nodeName: "n1", serviceAccountName: "robot", containers: [{ name: "c", image: "i" }] } }, "n");
});
after(() => at.close());

const uidOf = (resource: typeof pods | typeof nodes, name: string, namespace?: string) =>
  at.server.storage.get(resource, { name, ...(namespace ? { namespace } : {}) })!.metadata.uid!;
const request = (spec: object, metadata: object = {}) =>
  at.admin("POST", "/api/v1/namespaces/n/serviceaccounts/robot/token", { metadata, spec });
const issued = async (spec: object): Promise<string> => (await request(spec)).object.status.token;
const bearer = (token: string) => at.knock({ headers: { authorization: `Bearer ${token}` } });
const now = () => Math.floor(at.clock.now() / 1000);
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: [issuer],
  sub: "system:serviceaccount:n:robot",
  iat: now(),
  nbf: now(),
  exp: now() + 3600,
  jti: "j",
  "kubernetes.io": { namespace: "n", serviceaccount: { name: "robot", uid: uidOf(serviceaccounts, "robot", "n") } },
  ...more,
});
const signedBy = async (pem: string, header: object, payload = claims()) =>
  new SignJWT(payload).setProtectedHeader({ alg: "RS256", ...header }).sign(await importPKCS8(pem, "RS256"));
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token says whose it is, and what it is bound to", async () => {
  const plain = await bearer(await issued({}));
  assert.equal(plain.status, 201);
  const { userInfo } = plain.object.status;
  assert.equal(userInfo.username, "system:serviceaccount:n:robot");
  assert.deepEqual(userInfo.groups, ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"]);
  const ref = { apiVersion: "v1", kind: "Pod", name: "p", uid: uidOf(pods, "p", "n") };
  const { extra } = (await bearer(await issued({ boundObjectRef: ref }))).object.status.userInfo;
  assert.deepEqual(
    [
      extra["authentication.kubernetes.io/pod-name"],
      extra["authentication.kubernetes.io/node-name"],
      extra["authentication.kubernetes.io/node-uid"],
    ],
    [["p"], ["n1"], [uidOf(nodes, "n1")]],
  );
});

test("keys of before are still believed, and published", async () => {
  const [kid] = new TokenKeys({ private: before_.privateKey, public: before_.publicKey }).published.map(
    (key) => (key as { kid: string }).kid,
  );
  assert.equal((await bearer(await signedBy(before_.privateKey, { kid }))).status, 201);
  const jwks = await at.server.handle({
    method: "GET",
    url: "/openid/v1/jwks",
    headers: {},
    user: { name: "a", groups: ["system:masters"] },
    body: () => Buffer.alloc(0),
  });
  assert.equal((jwks as unknown as { bytes: Buffer }).bytes.toString().match(/"kid"/g)?.length, 2);
});

test("tokens that are not good are refused, and never taken for nobody", async () => {
  const good = await issued({});
  const [header = "", payload = "", signature = ""] = good.split(".");
  const foreign = pair();
  const kid = JSON.parse(Buffer.from(header, "base64url").toString()).kid as string;
  const publicPem = createPublicKey(keys.publicKey).export({ type: "spki", format: "pem" });
  const none = `${part({ alg: "none" })}.${part(claims())}`;
  const asHmac = `${part({ alg: "HS256", kid })}.${part(claims())}`;
  const kube = (more: object) => ({ "kubernetes.io": { ...(claims()["kubernetes.io"] as object), ...more } });
  const bad: Record<string, string> = {
    garbage: "garbage",
    "three parts of nothing": "a.b.c",
    "without an algorithm": `${none}.`,
    "without an algorithm, with a signature": `${none}.${signature}`,
    "signed by the public key as a secret": `${asHmac}.${createHmac("sha256", publicPem).update(asHmac).digest("base64url")}`,
    "signed by another key of the same name": await signedBy(foreign.privateKey, { kid }),
    "signed by another key": await signedBy(foreign.privateKey, {}),
    "of a key that nobody knows": await signedBy(keys.privateKey, { kid: "other" }),
    "with another payload": `${header}.${part(claims({ sub: "system:serviceaccount:n:admin" }))}.${signature}`,
    "with another header": `${part({ alg: "RS512", kid })}.${payload}.${signature}`,
    "without its signature": `${header}.${payload}.`,
    "with half of its signature": good.slice(0, -100),
    "that has expired": await own.sign(claims({ iat: now() - 7200, nbf: now() - 7200, exp: now() - 61 })),
    "of tomorrow": await own.sign(claims({ nbf: now() + 3600 })),
    "for another audience": await issued({ audiences: ["vault"] }),
    "of another issuer": await own.sign(claims({ iss: "https://elsewhere" })),
    "without Kubernetes' claims": await own.sign(claims({ "kubernetes.io": undefined })),
    "of an account that is not there": await own.sign(claims(kube({ serviceaccount: { name: "nobody", uid: "u" } }))),
    "of an account that was another": await own.sign(claims(kube({ serviceaccount: { name: "robot", uid: "u" } }))),
    "bound to a pod that is not there": await own.sign(claims(kube({ pod: { name: "gone", uid: "u" } }))),
    "bound to a pod that was another": await own.sign(claims(kube({ pod: { name: "p", uid: "u" } }))),
    "bound to a Secret that is not there": await own.sign(claims(kube({ secret: { name: "gone", uid: "u" } }))),
    "bound to a node that is not there": await own.sign(claims(kube({ node: { name: "gone", uid: "u" } }))),
    "bound to a node that was another": await own.sign(claims(kube({ node: { name: "n1", uid: "u" } }))),
    "of a Secret, signed by us, that no Secret holds": await own.sign({
      iss: "kubernetes/serviceaccount",
      sub: "system:serviceaccount:n:robot",
      "kubernetes.io/serviceaccount/namespace": "n",
      "kubernetes.io/serviceaccount/secret.name": "s",
      "kubernetes.io/serviceaccount/service-account.name": "robot",
      "kubernetes.io/serviceaccount/service-account.uid": uidOf(serviceaccounts, "robot", "n"),
    }),
  };
  for (const [what, token] of Object.entries(bad)) assert.equal((await bearer(token)).status, 401, what);
  for (const authorization of ["Bearer ", "Bearer", "Basic YTpi", `Token ${good}`, `Bearer  ${good} more`])
    assert.equal((await at.knock({ headers: { authorization } })).status, 401, authorization);
  // As little leeway as upstream gives.
  assert.equal((await bearer(await own.sign(claims({ exp: now() - 30 })))).status, 201);
});

test("what a token is bound to is looked at each time that it is used", async () => {
  const bound = async (kind: string, resource: typeof pods | typeof nodes, name: string, namespace?: string) => {
    const ref = { apiVersion: "v1", kind, name, uid: uidOf(resource, name, namespace) };
    const token = await issued({ boundObjectRef: ref });
    assert.equal((await bearer(token)).status, 201, kind);
    await at.server.storage.delete(resource, { name, ...(namespace ? { namespace } : {}) });
    assert.equal((await bearer(token)).status, 401, kind);
  };
  await put("Node", "n2");
  await bound("Node", nodes as never, "n2");
  await bound("Secret", secrets as never, "s", "n");
  await bound("Pod", pods, "p", "n");
});

test("a request for a token says what is wrong with it", async () => {
  const is = async (spec: object, status: number, message: string, metadata: object = {}) => {
    const answer = await request(spec, metadata);
    assert.deepEqual([answer.status, answer.message], [status, message]);
  };
  const uid = uidOf(serviceaccounts, "robot", "n");
  await is(
    { expirationSeconds: 599 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
  );
  await is(
    {},
    409,
    `Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (u) does not match the UID of the service account (${uid})`,
    { uid: "u" },
  );
  await is(
    {},
    422,
    'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
    { name: "other" },
  );
  await is({ boundObjectRef: { apiVersion: "v1", kind: "Foo", name: "x" } }, 400, "cannot bind token to object of type /v1, Kind=Foo");
  await is({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "x" } }, 404, 'pods "x" not found');
});

test("a review knows tokens of every kind, and says what is wrong with one", async () => {
  const review = async (token: string, audiences?: string[]) =>
    (await at.admin("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token, ...(audiences ? { audiences } : {}) } })).object
      .status;
  const own_ = await review(await issued({}));
  assert.deepEqual([own_.authenticated, own_.user.username, own_.audiences], [true, "system:serviceaccount:n:robot", [issuer]]);
  assert.deepEqual((await review(await issued({ audiences: ["a", "b"] }), ["b", "c"])).audiences, ["b"]);
  assert.equal((await review("garbage")).error, "invalid bearer token");
  assert.equal((await review(`${await issued({})}x`)).error, "[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]");
  assert.equal(
    (await review(await own.sign(claims({ exp: now() - 100 })))).error,
    "[invalid bearer token, service account token has expired]",
  );
  const text = (value: string) => Buffer.from(value).toString("base64");
  const data = { "token-id": text("abcdef"), "token-secret": text("0123456789abcdef"), "usage-bootstrap-authentication": text("true") };
  await put("Secret", "bootstrap-token-abcdef", { type: "bootstrap.kubernetes.io/token", data }, "kube-system");
  const bootstrap = await review("abcdef.0123456789abcdef");
  assert.deepEqual(
    [bootstrap.user.username, bootstrap.user.groups],
    ["system:bootstrap:abcdef", ["system:bootstrappers", "system:authenticated"]],
  );
  assert.equal((await review("abcdef.0123456789abcdee")).error, "invalid bearer token");
  const empty = await at.admin("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec: {} });
  assert.deepEqual([empty.status, empty.message], [400, "token is required for TokenReview in authentication"]);
});

test("the token of a Secret is good for as long as the Secret holds it, and its use is noted", async () => {
  const secret = await put("Secret", "kept", { type: "kubernetes.io/service-account-token" }, "n").catch(() => undefined);
  assert.equal(secret, undefined, "such a Secret names its account");
  const annotations = { "kubernetes.io/service-account.name": "robot" };
  const token = await own.sign({
    iss: "kubernetes/serviceaccount",
    sub: "system:serviceaccount:n:robot",
    "kubernetes.io/serviceaccount/namespace": "n",
    "kubernetes.io/serviceaccount/secret.name": "kept",
    "kubernetes.io/serviceaccount/service-account.name": "robot",
    "kubernetes.io/serviceaccount/service-account.uid": uidOf(serviceaccounts, "robot", "n"),
  });
  await at.put({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: { name: "kept", namespace: "n", annotations },
    data: { token: Buffer.from(token).toString("base64") },
  } as unknown as KubeObject);
  const good = await bearer(token);
  assert.deepEqual([good.status, good.object.status?.userInfo.username], [201, "system:serviceaccount:n:robot"]);
  const { labels } = at.server.storage.get(secrets, { namespace: "n", name: "kept" })!.metadata;
  assert.equal(labels?.["kubernetes.io/legacy-token-last-used"], new Date(at.clock.now()).toISOString().slice(0, 10));
  await at.admin("PATCH:merge", "/api/v1/namespaces/n/secrets/kept", {
    metadata: { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } },
  });
  assert.equal((await bearer(token)).status, 401);
  await at.admin("PATCH:merge", "/api/v1/namespaces/n/secrets/kept", {
    metadata: { labels: { "kubernetes.io/legacy-token-invalid-since": null } },
  });
  assert.equal((await bearer(token)).status, 201);
  await at.admin("DELETE", "/api/v1/namespaces/n/secrets/kept");
  assert.equal((await bearer(token)).status, 401);
});
