import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSigningRequest, Node } from "#api/mod.ts";
import { type AskedNames, judgeRequest } from "./approval.ts";

const aNode = (name: string, address: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { addresses: [{ type: "InternalIP", address }] },
});
const nodes = [aNode("a", "10.0.0.1"), aNode("b", "10.0.0.2")];
const serving = "kubernetes.io/kubelet-serving";
const client = "kubernetes.io/kube-apiserver-client";
const judged = (signerName: string, asked: Partial<AskedNames>, spec: { username?: string; groups?: string[] } = {}) => {
  const request = {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "x" },
    spec: { request: "", signerName, usages: [], username: "system:node:a", groups: ["system:nodes"], ...spec },
  } as CertificateSigningRequest;
  const names = { commonName: "system:node:a", organizations: [], names: [], ...asked };
  const verdict = judgeRequest({ request, asked: names, nodes, reserved: new Set(["kubernetes.default.svc", "10.96.0.1"]) });
  return verdict === undefined ? undefined : "approve" in verdict ? "approved" : verdict.deny;
};
const named = (...names: [type: string, value: string][]) => ({ names: names.map(([type, value]) => ({ type, value })) });

const cases: [what: string, verdict: string | undefined, expected: string | undefined][] = [
  ["its own name and address", judged(serving, named(["dns", "a"], ["ip", "10.0.0.1"])), "approved"],
  ["an address that nobody has yet", judged(serving, named(["dns", "a"], ["ip", "10.0.0.9"])), "approved"],
  ["another node's address", judged(serving, named(["ip", "10.0.0.2"])), "10.0.0.2 is the address of the node b"],
  ["another node's name", judged(serving, named(["dns", "b"])), "b is not the name of the node a"],
  ["the API server's name", judged(serving, named(["dns", "kubernetes.default.svc"])), "kubernetes.default.svc is the API server's"],
  ["the API server's address", judged(serving, named(["dns", "a"], ["ip", "10.96.0.1"])), "10.96.0.1 is the API server's"],
  [
    "the API server's name, by a node that is called so",
    judged(
      serving,
      { commonName: "system:node:kubernetes.default.svc", ...named(["dns", "kubernetes.default.svc"]) },
      { username: "system:node:kubernetes.default.svc" },
    ),
    "kubernetes.default.svc is the API server's",
  ],
  [
    "as another node",
    judged(serving, { commonName: "system:node:b", ...named(["dns", "a"]) }),
    "system:node:a may serve as itself only, not as system:node:b",
  ],
  ["its proxy", judged(client, { commonName: "system:kube-proxy" }), "approved"],
  ["its volumes", judged(client, { commonName: "system:spoke:local-path" }), "approved"],
  ["the administrator", judged(client, { commonName: "kubernetes-admin", organizations: ["system:masters"] }), undefined],
  ["its proxy in a group of masters", judged(client, { commonName: "system:kube-proxy", organizations: ["system:masters"] }), undefined],
  ["the scheduler", judged(client, { commonName: "system:kube-scheduler" }), undefined],
  ["by a token", judged(client, { commonName: "system:kube-proxy" }, { username: "system:bootstrap:abcdef" }), undefined],
  ["by one who only has a node's name", judged(client, { commonName: "system:kube-proxy" }, { groups: ["devs"] }), undefined],
  ["a kubelet's own, which upstream's approver judges", judged("kubernetes.io/kube-apiserver-client-kubelet", {}), undefined],
];
for (const [what, verdict, expected] of cases) test(`asked for: ${what}`, () => assert.equal(verdict, expected));
