/** What upstream's server says of statuses; recorded from it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "../../kinds.ts";
import { bodyOf } from "../problems.ts";
import { validateUpdate } from "../validate.ts";

const address = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const balanced = (ingress: object) => ({ loadBalancer: { ingress: [ingress] } });
const typed = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: "True" })) });

/** Kind, spec, status, and what is said of it. */
const table: [string, object, object, string[]][] = [
  [
    "services",
    { type: "ClusterIP" },
    balanced({ ip: "10.0.0.1", ipMode: "VIP" }),
    ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
  ],
  ["services", { type: "LoadBalancer" }, balanced({ ip: "10.0.0.1", ipMode: "VIP" }), []],
  [
    "services",
    { type: "LoadBalancer" },
    balanced({ ip: "sample", ipMode: "sample" }),
    [
      `status.loadBalancer.ingress[0].ip: Invalid value: "sample": ${address}`,
      'status.loadBalancer.ingress[0].ipMode: Unsupported value: "sample": supported values: "Proxy", "VIP"',
    ],
  ],
  [
    "ingresses.networking.k8s.io",
    {},
    balanced({ ip: "sample" }),
    [`status.loadBalancer.ingress[0].ip: Invalid value: "sample": ${address}`],
  ],
  [
    "ingresses.networking.k8s.io",
    {},
    balanced({ hostname: "10.0.0.1" }),
    ['status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ],
  [
    "flowschemas.flowcontrol.apiserver.k8s.io",
    {},
    typed("a", "a", ""),
    ['status.conditions[1].type: Duplicate value: "a"', "status.conditions[2].type: Required value"],
  ],
  ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", {}, typed(""), ["status.conditions[0].type: Required value"]],
  [
    "apiservices.apiregistration.k8s.io",
    {},
    { conditions: [{ type: "Available", status: "bogus" }] },
    ['status.conditions[0].status: Unsupported value: "bogus": supported values: "True", "False", "Unknown"'],
  ],
  ["pods", {}, { podIP: "sample" }, [`status.podIPs[0]: Invalid value: "sample": ${address}`]],
  ["pods", {}, { ...typed("Ready", "example.com/gate"), podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] }, []],
  [
    "pods",
    {},
    { resourceClaimStatuses: [{ name: "a" }], extendedResourceClaimStatus: {} },
    [
      'status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`',
      "status.extendedResourceClaimStatus.requestMappings: Required value: at least one request mapping is required",
      "status.extendedResourceClaimStatus.resourceClaimName: Required value",
    ],
  ],
  [
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    {},
    { typeChecking: { expressionWarnings: [{}] } },
    [
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    ],
  ],
  [
    "certificatesigningrequests.certificates.k8s.io",
    {},
    { conditions: [{}, { type: "Failed", status: "False" }], certificate: "AAEC" },
    [
      "status.conditions[0].type: Required value",
      "status.conditions[0].status: Required value",
      'status.conditions[1].status: Unsupported value: "False": supported values: "True"',
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ],
  ],
];

for (const [id, spec, status, told] of table)
  test(`${id}: ${JSON.stringify(status)}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const whole = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: "a", uid: "u", resourceVersion: "1" }, spec };
    const found = validateUpdate(kind, { ...whole, status } as never, { ...whole, status: {} } as never, "status");
    assert.deepEqual(
      found.filter(({ field }) => field.startsWith("status.")).map((one) => `${one.field}: ${bodyOf(one)}`),
      told,
    );
  });
