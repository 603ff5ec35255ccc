import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Resource } from "#api/mod.ts";
import type { Attributes, Exchange, Storage } from "../contract.ts";
import { kubeletTarget, nodeTarget, podTarget, serviceTarget } from "./targets.ts";

function storageOf(objects: object[]): Storage {
  const all = objects as KubeObject[];
  const of = (kind: string) => all.filter((object) => object.kind === kind);
  return {
    get: ({ kind }: Resource, { name }: { name: string }) => of(kind).find(({ metadata }) => metadata.name === name),
    list: ({ kind }: Resource) => of(kind),
  } as unknown as Storage;
}
const exchange = { url: "/x/proxy/a", query: new URLSearchParams() } as unknown as Exchange;
const attributes = (name: string, subresource = "proxy") =>
  ({ namespace: "n", name, subresource, info: { rest: "a" } }) as unknown as Attributes;
const notAllowed = { message: "address not allowed", code: 400 };
const inside = ["127.0.0.1", "::ffff:127.0.0.1", "::1", "::", "fe80::1", "ff02::1", "169.254.169.254", "localhost"];
const credentials = () => ({ ca: "ca", cert: "cert", key: "key" });

test("a pod, an endpoint and a node that say they are this machine are not called", () => {
  for (const ip of inside) {
    const storage = storageOf([
      {
        kind: "Pod",
        metadata: { name: "p" },
        spec: { nodeName: "node", containers: [{ name: "c" }] },
        status: { podIP: ip, podIPs: [{ ip }] },
      },
      { kind: "Service", metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } },
      {
        kind: "EndpointSlice",
        metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
        endpoints: [{ addresses: [ip] }],
        ports: [{ port: 80 }],
      },
      { kind: "Node", metadata: { name: "node" }, status: { addresses: [{ type: "InternalIP", address: ip }] } },
    ]);
    assert.throws(() => podTarget(storage, attributes("p"), exchange), notAllowed, ip);
    assert.throws(() => serviceTarget(storage, attributes("s"), exchange, () => 0), notAllowed, ip);
    for (const name of ["node", "node:10250", "http:node:8080"])
      assert.throws(() => nodeTarget(storage, attributes(name), exchange, credentials), notAllowed, ip);
    assert.throws(() => kubeletTarget(storage, attributes("p", "log"), exchange, credentials), notAllowed, ip);
  }
});

test("who we are to kubelets is told to the kubelet of that node only", () => {
  const storage = storageOf([
    { kind: "Node", metadata: { name: "node" }, status: { addresses: [{ type: "InternalIP", address: "10.1.2.3" }] } },
  ]);
  const { tls } = nodeTarget(storage, attributes("node"), exchange, credentials);
  const certificate = (CN: string) => ({ subject: { CN }, subjectaltname: "IP Address:10.1.2.3" }) as never;
  assert.equal(tls!.checkServerIdentity!("10.1.2.3", certificate("system:node:node")), undefined);
  for (const name of ["kube-apiserver", "system:node:other"])
    assert.equal(
      tls!.checkServerIdentity!("10.1.2.3", certificate(name))?.message,
      `what listens at 10.1.2.3 is ${name}, not the kubelet of node`,
    );
  assert.ok(tls!.checkServerIdentity!("10.9.9.9", certificate("system:node:node")));
  // Another port of the node is called without it.
  assert.equal(nodeTarget(storage, attributes("http:node:8080"), exchange, credentials).tls, undefined);
});

test("options of logs and ports are judged before the pod is looked for, and a node that is gone is not found", () => {
  const pod = (name: string, nodeName?: string) => ({ kind: "Pod", metadata: { name }, spec: { nodeName, containers: [{ name: "c" }] } });
  const storage = storageOf([pod("lost", "gone"), pod("bare", "bare"), pod("unbound"), { kind: "Node", metadata: { name: "bare" } }]);
  const said = (subresource: string, query: string, name = "nobody") => {
    try {
      return kubeletTarget(
        storage,
        attributes(name, subresource),
        { url: "/x", query: new URLSearchParams(query) } as unknown as Exchange,
        credentials,
      );
    } catch (error) {
      const { code, message } = error as { code: number; message: string };
      return `${code} ${message}`;
    }
  };
  const invalid = (text: string) => `422 PodLogOptions "nobody" is invalid: ${text}`;
  const table: [subresource: string, query: string, said: string][] = [
    ["log", "tailLines=-1", invalid("tailLines: Invalid value: -1: must be greater than or equal to 0")],
    ["log", "limitBytes=0", invalid("limitBytes: Invalid value: 0: must be greater than 0")],
    ["log", "sinceSeconds=0", invalid("sinceSeconds: Invalid value: 0: must be greater than 0")],
    ["log", "stream=All", invalid("stream: Forbidden: may not be specified")],
    [
      "log",
      "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
      invalid("[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"),
    ],
    ["log", "tailLines=x", '400 strconv.ParseInt: parsing "x": invalid syntax'],
    ["log", "tailLines=9223372036854775808", '400 strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ["log", "sinceTime=x", '400 parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
    ["log", "tailLines=1", '404 pods "nobody" not found'],
    ["portforward", "ports=x", '400 cannot convert to []int32: strconv.ParseUint: parsing "x": invalid syntax'],
    ["portforward", "ports=70000", '400 cannot convert to []int32: strconv.ParseUint: parsing "70000": value out of range'],
  ];
  for (const [subresource, query, wanted] of table) assert.equal(said(subresource, query), wanted);
  for (const [subresource, query] of [
    ["log", ""],
    ["exec", "command=ls"],
    ["attach", ""],
    ["portforward", ""],
  ] as const) {
    assert.equal(said(subresource, query, "lost"), '404 pods "gone" not found');
    assert.equal(said(subresource, query, "bare"), "500 no preferred addresses found; known addresses: []");
  }
  assert.equal(said("log", "", "unbound"), undefined);
});
