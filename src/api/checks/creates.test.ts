/** What only few objects show: single fields that upstream refuses when they are made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "../kinds.ts";
import { bodyOf } from "./problems.ts";
import { validateCreate } from "./validate.ts";

const backend = { service: { name: "web", port: { number: 80 } } };
const webhook = { name: "a.b.c", admissionReviewVersions: ["v1"], sideEffects: "None" };
const table: [string, object, string[]][] = [
  [
    "ingresses.networking.k8s.io",
    { spec: { rules: [{ http: { paths: [{ path: "/", pathType: null, backend }] } }] } },
    ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
  ],
  [
    "networkpolicies.networking.k8s.io",
    { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "" } }] }] } },
    ["spec.ingress[0].from[0].ipBlock.cidr: Required value"],
  ],
  [
    "endpoints",
    { subsets: [{ addresses: [{ ip: "010.0.0.1" }], ports: [{ port: 80, protocol: "TCP", appProtocol: "" }] }] },
    [
      'subsets[0].addresses[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
      'subsets[0].ports[0].appProtocol: Invalid value: "": name part must be non-empty',
    ],
  ],
  [
    "csistoragecapacities.storage.k8s.io",
    { storageClassName: "c", capacity: "-1" },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    { webhooks: [{ ...webhook, clientConfig: { service: { name: "s", port: 443 } } }] },
    ["webhooks[0].clientConfig.service.name: Required value"],
  ],
  [
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
    { metadata: { name: "exempt" }, spec: { type: "Exempt", limited: { nominalConcurrencyShares: 1 } } },
    ["spec.limited: Forbidden: must be nil if the type is not Limited", "spec: Invalid value: {"],
  ],
];

for (const [id, part, said] of table)
  test(`${id}: ${said[0]}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const metadata = { name: "one", ...(kind.namespaced && { namespace: "default" }) };
    const problems = validateCreate(kind, { apiVersion: kind.apiVersion, kind: kind.kind, metadata, ...part });
    const texts = problems.map((error) => `${error.field}: ${bodyOf(error)}`);
    for (const [i, text] of said.entries()) assert.ok(texts[i]?.startsWith(text), texts.join("\n"));
  });
