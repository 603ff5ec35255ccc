import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ingress, type IngressClass, ingressclasses, ingresses, type Secret, type Service } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aClass, anIngress, aPath, oneClass, toService } from "./routes/builders.ts";
import { ingressStatus, planStatus } from "./status.ts";
import { type World, wishOf } from "./world.ts";

const aService = (name: string, port = 80): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { ports: [{ port, protocol: "TCP" }] },
});
const aSecret = (data: Record<string, string>): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "tls", namespace: "default" },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
});

function worldOf(ingresses: Ingress[], more: Partial<World> = {}): World {
  return {
    ingresses,
    classOf: oneClass,
    service: () => undefined,
    slicesOf: () => [],
    secret: () => undefined,
    usersSecret: () => undefined,
    headersMap: () => undefined,
    ...more,
  };
}
const messages = (world: World, key = "default/web") =>
  wishOf(world)
    .problems.get(key)
    ?.map(({ reason, message }) => `${reason}: ${message}`);

test("each Ingress of ours is told what is wrong with it, once", () => {
  const bucket = { resource: { apiGroup: "example.com", kind: "Bucket", name: "static" } };
  const http = {
    paths: [
      aPath("Prefix /", toService("gone")),
      aPath("Prefix /too", toService("gone")),
      aPath("Prefix /port", toService("there", 81)),
      aPath("Prefix /well", toService("there")),
      aPath("Prefix /bucket", bucket),
    ],
  };
  const web = anIngress({
    spec: { rules: [{ host: "a.com", http }], tls: [{ hosts: ["a.com"], secretName: "tls" }, { hosts: ["b.com"] }] },
  });
  const young = anIngress({ name: "young", born: 5, rules: { "a.com": ["Prefix /well"] } });
  const other = anIngress({ name: "other", spec: { ingressClassName: "nginx", defaultBackend: toService("gone") } });
  const world = worldOf([web, young, other], { service: (key) => (key === "default/there" ? aService("there") : undefined) });
  assert.deepEqual(messages(world), [
    "BackendNotFound: Service gone: the Service does not exist; its requests get 503",
    "BackendNotFound: Service there: the Service has no port 81; its requests get 503",
    "ResourceBackend: nobody answers for Bucket static: only Services are backends here; its requests get 404",
    "BadCertificate: Secret tls: there is none of type kubernetes.io/tls; its hosts get a certificate of the cluster's own",
  ]);
  assert.deepEqual(messages(world, "default/young"), ["PathTaken: a.com/well is answered by the older Ingress default/web"]);
  assert.equal(messages(world, "default/other"), undefined, "another controller's");
});

test("certificates of Secrets come with their hosts", () => {
  const web = anIngress({ rules: { "A.com": ["Prefix /"] }, spec: { tls: [{ hosts: ["A.com"], secretName: "tls" }] } });
  const wish = (secret: Secret) => wishOf(worldOf([web], { secret: (key) => (key === "default/tls" ? secret : undefined) }));
  const { certificates } = wish(aSecret({ "tls.crt": "C", "tls.key": "K" }));
  assert.deepEqual(certificates, [{ ingress: "default/web", secret: "default/tls", cert: "C", key: "K", hosts: ["a.com"] }]);
  assert.deepEqual(wish(aSecret({ "tls.crt": "C" })).certificates, []);
});

const at = (...ips: string[]): Ingress => ({ ...anIngress(), status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } } });
const statuses: [name: string, ingress: Ingress, ours: boolean, addresses: string[], wanted: string[] | undefined][] = [
  ["a new one gets the address", at(), true, ["10.0.0.1"], ["10.0.0.1"]],
  ["one that has it is left alone", at("10.0.0.1"), true, ["10.0.0.1"], undefined],
  ["one that is not answered any more loses it", at("10.0.0.1"), true, [], []],
  ["one of another controller keeps that one's", at("192.0.2.1"), false, ["10.0.0.1"], undefined],
  ["one that went to another controller loses ours", at("10.0.0.1", "192.0.2.1"), false, ["10.0.0.1"], ["192.0.2.1"]],
];
for (const [name, ingress, ours, addresses, wanted] of statuses)
  test(`status: ${name}`, () => {
    const steps = planStatus({ ingress, problems: ours ? [] : undefined, addresses, told: new Set() }, ["10.0.0.1"]);
    const written = steps.flatMap((step) =>
      step.do === "patch" ? [(step.patch as Ingress).status?.loadBalancer?.ingress?.map(({ ip }) => ip)] : [],
    );
    assert.deepEqual(written, wanted === undefined ? [] : [wanted]);
  });

test("a problem is told when it comes and not again while it lasts", async () => {
  let problems = [{ reason: "BackendNotFound", message: "a" }];
  let wake = () => {};
  const status = ingressStatus({
    own: ["10.0.0.1"],
    standingOf: () => ({ problems, addresses: ["10.0.0.1"] }),
    changed: {
      follows: [],
      start: ({ add }) => {
        wake = () => add("default/web");
        return () => {};
      },
    },
  });
  const running = await trial(status, [
    [ingressclasses, aClass() as IngressClass],
    [ingresses, anIngress()],
  ]);
  assert.equal(running.get(ingresses, "default/web")?.status?.loadBalancer?.ingress?.[0]?.ip, "10.0.0.1");
  wake();
  await running.settled();
  problems = [...problems, { reason: "PathTaken", message: "b" }];
  wake();
  await running.settled();
  assert.deepEqual(await running.told(), ["Warning BackendNotFound a", "Warning PathTaken b"]);
  await running.close();
});
