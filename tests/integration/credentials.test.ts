/** Credentials that a cluster hands out: certificates that were asked for, and long-lived tokens of service accounts. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
  configmaps,
  type Secret,
  secrets,
  serviceaccounts,
  type TokenReview,
  tokenreviews,
} from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";
import { authority, requestFor } from "./requests.ts";

let cluster: Cluster;
let ca: Awaited<ReturnType<typeof authority>>;
before(async () => {
  ca = await authority(systemClock.now());
  cluster = await startCluster({ nodes: 1, secrets: { clientCa: ca.cert, clientCaKey: ca.key } });
});
after(() => cluster.close());

const namespace = "default";
const csr = (name: string, request: string, more: object): CertificateSigningRequest => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name },
  spec: { request, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"], ...more },
});
const get = (name: string) => cluster.client.get(certificatesigningrequests, { name });
const decide = async (name: string, type: "Approved" | "Denied") => {
  const request = await get(name);
  const conditions = [{ type, status: "True", reason: "ByHand", message: "" }];
  await cluster.client.update(
    certificatesigningrequests,
    { ...request, status: { ...request.status, conditions } },
    { subresource: "approval" },
  );
};

test("an approved request is signed, a denied one is not, and one that its signer does not serve fails", async () => {
  const request = await requestFor("CN=jane,O=devs");
  await cluster.client.create(certificatesigningrequests, csr("jane", request, { expirationSeconds: 3600 }));
  await cluster.client.create(certificatesigningrequests, csr("denied", request, {}));
  await cluster.client.create(certificatesigningrequests, csr("odd", request, { usages: ["server auth"] }));
  await decide("denied", "Denied");
  await decide("odd", "Approved");
  await decide("jane", "Approved");
  const { status } = await eventually(async () => {
    const signed = await get("jane");
    assert.ok(signed.status?.certificate);
    return signed;
  });
  const made = new X509Certificate(Buffer.from(status!.certificate!, "base64"));
  assert.ok(made.verify(new X509Certificate(ca.cert).publicKey));
  assert.deepEqual(made.subject.split("\n").sort(), ["CN=jane", "O=devs"]);
  await eventually(async () => {
    const failed = (await get("odd")).status?.conditions?.find(({ type }) => type === "Failed");
    assert.equal(failed?.message, "invalid usage for client certificate: server auth");
  });
  assert.equal((await get("denied")).status?.certificate, undefined);
});

test("a kubelet's own request is approved and signed without a person", async () => {
  const node = cluster.as("system:node:sim-1", "system:nodes");
  const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
  const usages = ["digital signature", "client auth"];
  const right = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "renewals" },
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
    },
    subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:nodes" }],
  };
  await cluster.client.transport.request({ method: "POST", path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body: right });
  const request = await requestFor("CN=system:node:sim-1,O=system:nodes");
  await node.create(certificatesigningrequests, csr("renewal", request, { signerName, usages }));
  await eventually(async () => {
    const { status } = await get("renewal");
    assert.equal(status?.conditions?.[0]?.message, "Auto approving self kubelet client certificate after SubjectAccessReview.");
    assert.ok(status.certificate);
  });
});

const aSecret = (name: string, account: string): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace, annotations: { "kubernetes.io/service-account.name": account } },
  type: "kubernetes.io/service-account-token",
});
const review = async (token: string) => {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } } as TokenReview;
  return (await cluster.client.create(tokenreviews, body)).status;
};

test("a token Secret is filled, its token is good while Secret and account are there, and its use is noted", async () => {
  await cluster.client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "robot", namespace } });
  await cluster.client.create(secrets, aSecret("robot-token", "robot"));
  const filled = await eventually(async () => {
    const secret = await cluster.client.get(secrets, { namespace, name: "robot-token" });
    assert.deepEqual(Object.keys(secret.data ?? {}).sort(), ["ca.crt", "namespace", "token"]);
    return secret;
  });
  const token = Buffer.from(filled.data!.token!, "base64").toString();
  const known = await review(token);
  assert.deepEqual([known?.authenticated, known?.user?.username], [true, "system:serviceaccount:default:robot"]);
  const today = new Date(systemClock.now()).toISOString().slice(0, 10);
  await eventually(async () => {
    const { metadata } = await cluster.client.get(secrets, { namespace, name: "robot-token" });
    assert.equal(metadata.labels?.["kubernetes.io/legacy-token-last-used"], today);
  });
  const name = "kube-apiserver-legacy-service-account-token-tracking";
  assert.deepEqual((await cluster.client.get(configmaps, { namespace: "kube-system", name })).data, { since: today });
  await cluster.client.delete(serviceaccounts, { namespace, name: "robot" });
  await eventually(async () =>
    assert.ok(isNotFound(await cluster.client.get(secrets, { namespace, name: "robot-token" }).catch((error) => error))),
  );
  assert.equal((await review(token))?.authenticated ?? false, false);
});

test("a token Secret of an account that does not exist is deleted", async () => {
  await cluster.client.create(secrets, aSecret("orphan", "nobody"));
  await eventually(async () =>
    assert.ok(isNotFound(await cluster.client.get(secrets, { namespace, name: "orphan" }).catch((error) => error))),
  );
});

test("no controller was refused", () => assert.deepEqual([...refused], []));
