/** Users of others: JWTs of issuers that a file or flags name, token reviews by a webhook, a file of tokens, and nobody. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { writeYaml } from "#codec/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { eventually } from "./cluster.ts";
import { type OidcServer, oidcServer } from "./oidc-server.ts";
import { type WebhookServer, webhookServer } from "./webhook-server.ts";

const options = { timeout: 60_000 };
const folder = mkdtempSync(join(tmpdir(), "spoke-authentication-"));
const opened: Cluster[] = [];
let [one, two]: OidcServer[] = [];
let webhook: WebhookServer;
before(async () => {
  [one, two] = await Promise.all([oidcServer("/realms/one"), oidcServer()]);
  webhook = await webhookServer();
});
after(async () => {
  await Promise.all([...opened.map((cluster) => cluster.close()), one!.close(), two!.close(), webhook.close()]);
  rmSync(folder, { recursive: true });
});

function file(name: string, content: object | string): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : writeYaml(content));
  return path;
}

async function clusterWith(...apiserverFlags: string[]): Promise<Cluster> {
  const cluster = new Cluster({ store: await createMemoryStore({ clock: systemClock }), apiserverFlags });
  opened.push(cluster);
  return cluster.open();
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every kind
type Any = any;

async function knock(cluster: Cluster, headers: Record<string, string>, path = "/apis/authentication.k8s.io/v1/selfsubjectreviews") {
  const method = path.startsWith("/apis/") ? "POST" : "GET";
  const body = () => Buffer.from("{}");
  const answer = await cluster.server.handle({ method, url: path, headers: { "content-type": "application/json", ...headers }, body });
  return { status: answer.status, user: (answer as Any).object?.status?.userInfo };
}
const as = (cluster: Cluster, token: string) => knock(cluster, { authorization: `Bearer ${token}` });

/** What a review says is wrong with a token: the answer to the request itself says no more than 401. */
async function complaint(cluster: Cluster, token: string): Promise<string> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  const path = "/apis/authentication.k8s.io/v1/tokenreviews";
  const { object } = await cluster.client.transport.request({ method: "POST", path, body });
  return (object as Any).status.error ?? "";
}

const configuration = (more: object = {}, ...jwt: object[]) => ({
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  jwt,
  ...more,
});
const ofOne = (more: object = {}) => ({
  issuer: { url: one!.url, certificateAuthority: one!.ca, audiences: ["spoke", "other"], audienceMatchPolicy: "MatchAny" },
  claimMappings: {
    username: { claim: "sub", prefix: "one:" },
    groups: { claim: "groups", prefix: "one:" },
    uid: { claim: "oid" },
    extra: [
      { key: "example.org/tenant", valueExpression: "claims.tenant" },
      { key: "example.org/realm", valueExpression: "claims.kubernetes__dot__io.realm[0]" },
      { key: "example.org/none", valueExpression: "[]" },
    ],
  },
  claimValidationRules: [
    { claim: "hd", requiredValue: "example.org" },
    { expression: "claims.exp - claims.iat <= 86400.0", message: "lives too long" },
  ],
  userValidationRules: [{ expression: "!user.username.startsWith('one:system:')", message: "reserved" }],
  ...more,
});
const claims = (more: object = {}) => ({
  sub: "jane",
  aud: "spoke",
  hd: "example.org",
  tenant: "t1",
  "kubernetes.io": { realm: ["r1"] },
  jti: "id-1",
  ...more,
});

test("tokens of an issuer become users as its claims, prefixes and expressions say", options, async () => {
  const cluster = await clusterWith(`authentication-config=${file("one.yaml", configuration({}, ofOne()))}`);
  const token = await one!.token(claims({ groups: ["devs", "ops"], oid: "u-1" }));
  const { user } = await eventually(async () => {
    const answer = await as(cluster, token);
    assert.equal(answer.status, 201);
    return answer;
  });
  assert.deepEqual(user, {
    username: "one:jane",
    uid: "u-1",
    groups: ["one:devs", "one:ops", "system:authenticated"],
    extra: {
      "authentication.kubernetes.io/credential-id": ["JTI=id-1"],
      "example.org/realm": ["r1"],
      "example.org/tenant": ["t1"],
    },
  });
  const table: [object, RegExp][] = [
    [{ aud: "else" }, /verify token: oidc: expected audience in \["other" "spoke"\] got \["else"\]/],
    [{ exp: undefined }, /token is expired \(Token Expiry: 0001-01-01 00:00:00 \+0000 UTC\)/],
    [{ groups: undefined, _claim_names: { groups: "s" } }, /oidc: verify token: oidc: source does not exist/],
    [{ exp: 1 }, /token is expired \(Token Expiry: 1970-01-01 00:00:01 \+0000 UTC\)/],
    [{ nbf: 4e9 }, /before the nbf \(not before\) time: 2096-10-02/],
    [{ hd: "else" }, /required claim hd value does not match. Got = else, want = example.org/],
    [{ hd: undefined }, /required claim hd not present in ID token/],
    [{ hd: 7 }, /parse claim hd: json: cannot unmarshal number into Go value of type string/],
    [{ sub: undefined }, /parse username claims "sub": claim not present/],
    [{ oid: undefined }, /parse uid claim "oid": claim not present/],
    [{ groups: [1] }, /parse groups claim "groups": json: cannot unmarshal array into Go value of type string/],
    [{ tenant: undefined }, /expression 'claims.tenant' resulted in error: no such key: tenant/],
    [{ tenant: 5 }, /extra claim expression: claims.tenant: expression must return a string or a list of strings/],
    [{ exp: 3e9 }, /error evaluating claim validation expression: validation expression '.*' failed: lives too long/],
    [{ sub: "system:root" }, /error evaluating user info validation rule: validation expression '.*' failed: reserved/],
  ];
  for (const [more, words] of table) {
    const bad = await one!.token(claims({ oid: "u-1", ...more }));
    assert.equal((await as(cluster, bad)).status, 401, String(words));
    assert.match(await complaint(cluster, bad), words);
  }
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  const reviewed = await cluster.client.transport.request({ method: "POST", path: "/apis/authentication.k8s.io/v1/tokenreviews", body });
  assert.deepEqual((reviewed.object as Any).status.user, user, "others are told the same of whoever has the token");
  // Whoever is signed by nobody, or by somebody else, is nobody.
  assert.match(await complaint(cluster, `${token.slice(0, -6)}AAAAAA`), /failed to verify signature: failed to verify id token signature/);
  assert.equal(await complaint(cluster, await two!.token(claims())), "invalid bearer token");
  // A key that is not known yet is looked for, and one that is not published any more is not believed for long.
  one!.changeKey();
  assert.equal((await as(cluster, await one!.token(claims({ oid: "u-2" })))).user.uid, "u-2");
  assert.match(await complaint(cluster, await one!.token(claims(), { kid: "key-1" })), /failed to verify id token signature/);
});

test("a browser sends its token as a protocol of its WebSocket", options, async () => {
  const cluster = await clusterWith(`token-auth-file=${file("ws.csv", "t-1,jane,u-1\n")}`);
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from("t-1").toString("base64url")}`;
  const upgrade = { connection: "Upgrade", upgrade: "websocket" };
  assert.equal((await knock(cluster, { ...upgrade, "sec-websocket-protocol": `v5.channel.k8s.io, ${protocol}` })).user.username, "jane");
  for (const protocols of [protocol, `${protocol}, ${protocol}`, `v5.channel.k8s.io, ${protocol}*`])
    assert.equal((await knock(cluster, { ...upgrade, "sec-websocket-protocol": protocols })).status, 401, protocols);
  // Without an upgrade it is a header like any other, and nobody may not ask who he is.
  assert.equal((await knock(cluster, { "sec-websocket-protocol": `a, ${protocol}` })).status, 403);
});

test("a changed file is taken up when it is valid and its issuers answer, and not before", options, async () => {
  const path = file("changing.yaml", configuration({ anonymous: { enabled: true, conditions: [{ path: "/livez" }] } }, ofOne()));
  const cluster = await clusterWith(`authentication-config=${path}`);
  const first = await one!.token(claims({ oid: "u-1" }));
  await eventually(async () => assert.equal((await as(cluster, first)).status, 201));
  assert.equal((await knock(cluster, {}, "/livez")).status, 200);
  assert.equal((await knock(cluster, {}, "/readyz")).status, 401);

  const ofTwo = {
    issuer: { url: two!.url, certificateAuthority: two!.ca, audiences: ["spoke"] },
    claimMappings: {
      username: { expression: "claims.email" },
      groups: { expression: "claims.roles.map(r, 'role:' + r)" },
    },
    claimValidationRules: [{ expression: "claims.email_verified == true" }],
  };
  // Where nobody may come in cannot be changed without a restart, so nothing of this is taken up.
  file("changing.yaml", configuration({ anonymous: { enabled: true } }, ofTwo));
  const second = await two!.token({ aud: ["x", "spoke"], email: "jo@example.org", email_verified: true, roles: ["admin", ""] });
  two!.isUp = false;
  file("changing.yaml", configuration({ anonymous: { enabled: true, conditions: [{ path: "/livez" }] } }, ofTwo));
  await eventually(async () => assert.ok(two!.asked.length > 0));
  assert.equal((await as(cluster, first)).status, 201, "what was goes on while the new issuer does not answer");
  assert.equal((await as(cluster, second)).status, 401);
  two!.isUp = true;
  const { user } = await eventually(async () => {
    const answer = await as(cluster, second);
    assert.equal(answer.status, 201);
    return answer;
  });
  assert.deepEqual([user.username, user.groups], ["jo@example.org", ["role:admin", "role:", "system:authenticated"]]);
  const unverified = await two!.token({ aud: "spoke", email: "jo@example.org", email_verified: false, roles: [] });
  assert.match(await complaint(cluster, unverified), /'claims.email_verified == true' failed/);
  assert.equal((await as(cluster, await one!.token(claims({ oid: "u-9" })))).status, 401);
});

test("the older flags say the same with fewer words, and groups may be kept elsewhere", options, async () => {
  const flags = [`oidc-issuer-url=${one!.url}`, "oidc-client-id=spoke", `oidc-ca-file=${file("one.pem", one!.ca)}`];
  const cluster = await clusterWith(
    ...flags.map((flag) => `--${flag}`),
    "--oidc-signing-algs=ES256",
    "--oidc-groups-claim=groups",
    "--oidc-groups-prefix=g:",
    "--oidc-required-claim=hd=example.org",
  );
  const groups = await one!.token({ aud: "spoke", groups: ["far"] });
  one!.documents.set("/far", groups);
  const endpoint = `${new URL(one!.url).origin}/far`;
  const token = await one!.token(claims({ _claim_names: { groups: "s" }, _claim_sources: { s: { endpoint, access_token: "t" } } }));
  const { user } = await eventually(async () => {
    const answer = await as(cluster, token);
    assert.equal(answer.status, 201);
    return answer;
  });
  assert.deepEqual([user.username, user.groups], [`${one!.url}#jane`, ["g:far", "system:authenticated"]]);
});

test("a webhook tells whose tokens are, is asked once for each, and again when it stumbles", options, async () => {
  let stumbles = 1;
  webhook.at("/review", (): Any => {
    if (stumbles-- > 0) return { raw: "oops", code: 500 };
    const { token } = webhook.asked("/review").at(-1)!.review.spec;
    const user = { username: "carl", uid: "u-7", groups: ["hooked"], extra: { k: ["v"] } };
    const status = token === "good" ? { authenticated: true, user } : token === "odd" ? { error: "odd token" } : {};
    return { raw: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status } };
  });
  const kubeconfig = file("webhook.kubeconfig", {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: webhook.url("/review"), "certificate-authority-data": webhook.caBundle } }],
    users: [{ name: "u", user: { token: "secret" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  const cluster = await clusterWith(
    `authentication-token-webhook-config-file=${kubeconfig}`,
    "authentication-token-webhook-version=v1",
    "anonymous-auth=false",
  );
  const answer = await as(cluster, "good");
  assert.deepEqual(answer.user, { username: "carl", uid: "u-7", groups: ["hooked", "system:authenticated"], extra: { k: ["v"] } });
  const { review } = webhook.asked("/review").at(-1)!;
  assert.deepEqual(
    [review.apiVersion, review.spec.audiences],
    ["authentication.k8s.io/v1", ["https://kubernetes.default.svc.cluster.local"]],
  );
  const before = webhook.asked("/review").length;
  await Promise.all([as(cluster, "good"), as(cluster, "good")]);
  assert.equal((await as(cluster, "bad")).status, 401);
  assert.equal((await as(cluster, "bad")).status, 401);
  assert.equal(webhook.asked("/review").length, before + 1, "both answers are remembered");
  assert.equal(await complaint(cluster, "odd"), "[invalid bearer token, odd token]");
  assert.equal((await knock(cluster, {}, "/livez")).status, 401, "nobody is nobody here");
});

test("what cannot be used is refused at the start", options, async () => {
  const jwt = (more: object) => configuration({}, { ...ofOne(), ...more });
  const table: [string[], RegExp][] = [
    [["oidc-issuer-url=https://x"], /^oidc-issuer-url and oidc-client-id must be specified together when any oidc-\* flags are set$/],
    [["oidc-issuer-uri=https://x"], /^unknown flag: --oidc-issuer-uri$/],
    [
      ["anonymous-auth=maybe"],
      /^invalid argument "maybe" for "--anonymous-auth" flag: strconv.ParseBool: parsing "maybe": invalid syntax$/,
    ],
    [[`authentication-config=${join(folder, "absent")}`], /^open .*absent: no such file or directory$/],
    [[`authentication-config=${file("a.yaml", jwt({ issuers: [] }))}`], /strict decoding error: unknown field "jwt\[0\].issuers"$/],
    [
      [`authentication-config=${file("b.yaml", configuration({ anonymous: { enabled: false } }))}`, "anonymous-auth=true"],
      /^anonymous: Forbidden: --anonymous-auth flag cannot be set when/,
    ],
    [
      [`authentication-config=${file("c.yaml", configuration())}`, "oidc-client-id=x"],
      /^authentication-config file and oidc-\* flags are mutually exclusive$/,
    ],
    [
      [`authentication-config=${file("d.yaml", jwt({ claimMappings: { username: { expression: "claims.email" } } }))}`],
      /^invalid authentication configuration: jwt\[0\].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used/,
    ],
    [
      [`token-auth-file=${file("t.csv", "a,b\n")}`],
      /^token file '.*' must have at least 3 columns \(token, user name, user uid\), found 2$/,
    ],
  ];
  for (const [flags, words] of table) await assert.rejects(clusterWith(...flags), { message: words });
});
