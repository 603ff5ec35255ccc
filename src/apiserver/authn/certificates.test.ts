/** Client certificates and the headers of proxies, over the real port: what is not good is refused, and never taken for nobody. */
import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { after, before, test } from "node:test";
import * as x509 from "@peculiar/x509";
import { administrator, plainUser, type SecureFixture, secureFixture } from "../fixture.ts";
import { type Listener, listen } from "../http/listener.ts";
import { selfSigned } from "../http/self-signed.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const purposes = { client: "1.3.6.1.5.5.7.3.2", server: "1.3.6.1.5.5.7.3.1" };

interface Authority {
  pem: string;
  issue(subject: string, more?: { purpose?: keyof typeof purposes; until?: number }): Promise<{ cert: string; key: string }>;
}

async function authority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const common = { notBefore: new Date(Date.UTC(2020, 0, 1)), signingAlgorithm: algorithm };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    name: `CN=${name}`,
    notAfter: new Date(Date.UTC(2099, 0, 1)),
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  return {
    pem: ca.toString("pem"),
    async issue(subject, { purpose = "client", until = Date.UTC(2099, 0, 1) } = {}) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await x509.X509CertificateGenerator.create({
        ...common,
        subject,
        issuer: ca.subject,
        notAfter: new Date(until),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.ExtendedKeyUsageExtension([purposes[purpose]])],
      });
      const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
      return { cert: certificate.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
    },
  };
}

let at: SecureFixture;
let port: Listener;
let clients: Authority;
let proxies: Authority;
before(async () => {
  [clients, proxies] = [await authority("clients"), await authority("proxies")];
  at = await secureFixture({ clientCa: clients.pem, frontProxyCa: proxies.pem });
  port = await listen(at.server, { host: "127.0.0.1", port: 0, ...(await selfSigned()), clientCa: `${clients.pem}\n${proxies.pem}` });
});
after(async () => {
  await port.close();
  await at.close();
});

const who = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

function knock(
  tls: object = {},
  headers: Record<string, string> = {},
  path = who,
  method = "POST",
): Promise<{ status: number; object: never }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: port.port, path, method, rejectUnauthorized: false, agent: false, ...tls };
    const outgoing = request({ ...options, headers: { "content-type": "application/json", ...headers } } as never, (answer) => {
      let text = "";
      answer.on("data", (part) => {
        text += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode!, object: (text.startsWith("{") ? JSON.parse(text) : text) as never }));
    });
    outgoing.on("error", reject);
    outgoing.end(method === "GET" ? undefined : "{}");
  });
}
const nameIn = ({ object }: { object: unknown }) =>
  (object as { status?: { userInfo?: { username?: string } } }).status?.userInfo?.username;

test("a certificate says common name, organizations and Kubernetes' own UID", async () => {
  const answer = await knock(await clients.issue("CN=alice,O=devs,O=ops,1.3.6.1.4.1.57683.2=uid-1"));
  assert.equal(answer.status, 201);
  const { userInfo } = (answer.object as { status: { userInfo: Record<string, unknown> } }).status;
  assert.deepEqual([userInfo.username, userInfo.groups, userInfo.uid], ["alice", ["devs", "ops", "system:authenticated"], "uid-1"]);
});

test("a certificate that is not good is refused: over HTTP/1.1 and HTTP/2, where nobody would be let in too", async () => {
  const other = await authority("clients"); // the same name, another key
  const bad = {
    "of another authority": await other.issue("CN=alice,O=system:masters"),
    "that has expired": await clients.issue("CN=alice", { until: Date.UTC(2021, 0, 1) }),
    "for servers": await clients.issue("CN=alice", { purpose: "server" }),
  };
  for (const [what, pair] of Object.entries(bad)) {
    assert.equal((await knock(pair)).status, 401, what);
    assert.equal((await knock(pair, {}, "/healthz", "GET")).status, 401, what);
    const session = connectHttp2(`https://127.0.0.1:${port.port}`, { rejectUnauthorized: false, ...pair });
    const status = await new Promise((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({ ":path": "/healthz" });
      stream.on("response", (headers) => resolve(headers[":status"]));
      stream.on("error", reject);
    });
    session.destroy();
    assert.equal(status, 401, what);
  }
  // A good one without a name, and none at all, are nobody: who may see little.
  for (const tls of [{}, await clients.issue("O=devs")]) {
    assert.equal((await knock(tls, {}, "/healthz", "GET")).status, 200);
    assert.equal((await knock(tls)).status, 403);
  }
});

test("the headers of a proxy count with the proxies' certificate only", async () => {
  const headers = { "x-remote-user": "root", "x-remote-group": "system:masters" };
  const proxy = await proxies.issue("CN=front-proxy-client");
  assert.equal(nameIn(await knock(proxy, headers)), "root");
  assert.equal((await knock({}, headers)).status, 403, "without a certificate");
  const alice = await clients.issue("CN=alice");
  assert.equal(nameIn(await knock(alice, headers)), "alice", "with a user's certificate");
  const named = await clients.issue("CN=front-proxy-client");
  assert.equal(nameIn(await knock(named, headers)), "front-proxy-client", "with the right name of the wrong authority");
  assert.notEqual(nameIn(await knock(await proxies.issue("CN=somebody"), headers)), "root", "with another name of the right one");
  assert.equal((await knock(proxy)).status, 403, "a proxy that speaks for nobody is nobody");
});

test("acting as another needs the right to, for the name, each group, the UID and each extra", async () => {
  const as = (user: object, headers: Record<string, string>) => at.knock({ headers, ...{ user } } as never);
  const masters = administrator;
  assert.equal(nameIn(await as(masters, { "impersonate-user": "zoe", "impersonate-group": "devs" })), "zoe");
  for (const headers of [
    { "impersonate-user": "zoe" },
    { "impersonate-user": "system:serviceaccount:n:robot" },
    { "impersonate-user": "eve", "impersonate-group": "system:masters" },
    { "impersonate-user": "eve", "impersonate-uid": "1" },
    { "impersonate-user": "eve", "impersonate-extra-scopes": "all" },
  ] as Record<string, string>[]) {
    const refused = await as(plainUser("eve"), headers);
    assert.equal(refused.status, 403, JSON.stringify(headers));
    assert.match(refused.message, /User "eve" cannot impersonate-on:(user-info|serviceaccount):create resource "selfsubjectreviews"/);
  }
  const nobody = await as(masters, { "impersonate-group": "devs" });
  assert.deepEqual(
    [nobody.status, nobody.message],
    [
      400,
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)} without impersonating a user name',
    ],
  );
  // Who is nobody is not made somebody.
  const { userInfo } = (await as(masters, { "impersonate-user": "zoe", "impersonate-group": "system:unauthenticated" })).object.status ?? {
    userInfo: undefined,
  };
  assert.equal(userInfo, undefined);
});

test("paths that climb, double or hide reach nothing that the plain path does not", async () => {
  const alice = await clients.issue("CN=alice");
  await at.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "mine", namespace: "kube-system" } } as never);
  for (const path of [
    "//api/v1/namespaces/kube-system/secrets/mine",
    "/api//v1/namespaces/kube-system/secrets/mine",
    "/healthz/../api/v1/namespaces/kube-system/secrets/mine",
    "/healthz/%2e%2e/api/v1/namespaces/kube-system/secrets/mine",
    "/api/v1/namespaces/kube-public/../kube-system/secrets/mine",
    "/api/v1/namespaces/kube-public%2F..%2Fkube-system/secrets/mine",
    "/api/v1/namespaces/kube-public/secrets/..%2F..%2Fkube-system%2Fsecrets%2Fmine",
    "/api/v1/namespaces/kube-system/secrets//mine",
    "/api/v1/namespaces/kube-system/secrets/mine/",
    "/api/v1/namespaces/kube-system/./secrets/mine",
    "/API/v1/namespaces/kube-system/secrets/mine",
    "/api/v1/namespaces/kube-system/secrets/mine%00",
    "/api/v1/namespaces/kube-system/secrets/mine;x=y",
    "/apis//v1/namespaces/kube-system/secrets/mine",
    "/api/v1/proxy/namespaces/kube-system/secrets/mine",
  ]) {
    for (const tls of [{}, alice]) {
      const { status } = await knock(tls, {}, path, "GET");
      assert.ok(status === 403 || status === 404 || status === 400 || status === 301, `${path} ${status}`);
    }
  }
});
