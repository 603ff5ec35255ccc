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
