import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { types } from "../message.ts";
import { aPeer, aQuery, aServing } from "../testing.ts";
import { Zone } from "../zone.ts";

/** What CoreDNS 1.14 answers to each, with the same Corefile. */
const corefile = `
example.org consul {
  rewrite name exact a.example.org b.example.org
  rewrite name prefix pre. post.
  rewrite name suffix .old.example.org .new.example.org answer auto
  rewrite stop {
    name regex (.*)-(us-west-1)\\.example\\.org {1}.service.{2}.consul
    answer name (.*)\\.service\\.(us-west-1)\\.consul {1}-{2}.example.org
  }
  rewrite type MX A
  rewrite ttl exact t.example.org 15
  rewrite ttl u.example.org 100-200
  hosts {
    10.0.0.1 h.example.org h2.example.org
    fd00::1 h.example.org
    10.0.0.2 x.new.example.org outside.test
    10.0.0.3 b.example.org post.z.example.org. t.example.org u.example.org
    fallthrough
  }
  template IN A {
    match ^ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)[.]example[.]org[.]$
    answer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ .Group.b }}"
    fallthrough
  }
  template IN A {
    match ^hex(?P<b>[a-f0-9]{2})[.]example[.]org[.]$
    answer "{{ .Name }} 60 IN A 10.0.0.{{ parseInt .Group.b 16 8 }}"
    additional "x.example.org. 5 IN TXT \\"hi there\\""
    fallthrough
  }
  template ANY ANY cname.example.org {
    answer "cname.example.org 60 IN CNAME h.example.org"
  }
  template IN SRV srv.example.org {
    answer "srv.example.org. 60 IN SRV 1 2 3 h.example.org."
  }
  template IN A nx.example.org {
    rcode NXDOMAIN
    authority "example.org. 60 IN SOA ns.example.org. host.example.org. (1 60 60 60 60)"
  }
  template IN A consul {
    answer "{{ .Name }} 60 IN A 10.9.9.9"
  }
}`;

const rows: { asked: string; type?: string; rcode?: number; answers: string[] }[] = [
  { asked: "a.example.org", answers: ["a.example.org 3600 10.0.0.3"] },
  { asked: "A.Example.ORG", answers: ["a.example.org 3600 10.0.0.3"] },
  { asked: "pre.z.example.org", answers: ["post.z.example.org 3600 10.0.0.3"] },
  { asked: "x.old.example.org", answers: ["x.old.example.org 3600 10.0.0.2"] },
  { asked: "y.old.example.org", rcode: 2, answers: [] },
  { asked: "web-us-west-1.example.org", answers: ["web-us-west-1.example.org 60 10.9.9.9"] },
  { asked: "h.example.org", type: "MX", answers: ["h.example.org 3600 10.0.0.1"] },
  { asked: "h.example.org", type: "AAAA", answers: ["h.example.org 3600 fd00::1"] },
  { asked: "h.example.org", type: "TXT", answers: [] },
  { asked: "h2.example.org", type: "AAAA", answers: [] },
  { asked: "t.example.org", answers: ["t.example.org 15 10.0.0.3"] },
  { asked: "u.example.org", answers: ["u.example.org 200 10.0.0.3"] },
  { asked: "nx.example.org", rcode: 3, answers: [] },
  { asked: "ip-3-4.example.org", answers: ["ip-3-4.example.org 60 10.0.3.4"] },
  { asked: "ip-300-4.example.org", rcode: 2, answers: [] },
  { asked: "hexff.example.org", answers: ["hexff.example.org 60 10.0.0.255"] },
  { asked: "cname.example.org", answers: ["cname.example.org 60 h.example.org", "h.example.org 3600 10.0.0.1"] },
  { asked: "cname.example.org", type: "TXT", answers: ["cname.example.org 60 h.example.org"] },
  { asked: "srv.example.org", type: "SRV", answers: ["srv.example.org 60 h.example.org"] },
  { asked: "none.example.org", rcode: 2, answers: [] },
  { asked: "other.test", rcode: 5, answers: [] },
];

const shown = (answers: Record<string, unknown>[]) =>
  answers.map(({ name, ttl, address, domain, target }) => `${name} ${ttl} ${address ?? domain ?? target}`);

for (const { asked, type = "A", rcode = 0, answers } of rows)
  test(`${asked} ${type}`, async () => {
    const { ask } = aServing(corefile);
    const reply = await ask(asked, types[type]);
    assert.equal(reply.header.rcode, rcode);
    assert.equal(reply.questions[0].name, asked, "the question is the client's");
    assert.deepEqual(shown(reply.answers), answers);
    const again = await ask(asked, types[type]);
    assert.deepEqual([again.header.rcode, shown(again.answers)], [rcode, answers], "the same when it is prepared");
  });

test("names in what records lead to are rewritten too, where a rule says so", async () => {
  const { ask } = aServing(`. {
    rewrite stop {
      name suffix .in .in
      answer value (.*)\\.service\\.consul\\. {1}.example.org.
    }
    template ANY ANY {
      answer "{{ .Name }} 60 IN CNAME web.service.consul."
    }
  }`);
  assert.deepEqual(shown((await ask("x.in", types.CNAME)).answers), ["x.in 60 web.example.org"]);
});

test("a rule that goes on lets the next one see the new name, and all are undone", async () => {
  const { ask } = aServing(`. {
    rewrite continue name exact one.test two.test
    rewrite name exact two.test three.test
    hosts {
      10.0.0.3 three.test
    }
  }`);
  const { answers, questions } = await ask("one.test");
  assert.deepEqual([questions[0].name, shown(answers)], ["one.test", ["one.test 3600 10.0.0.3"]]);
});

test("addresses of hosts have names, unless it is said that they have not", async () => {
  const hosts = (more: string) => `. {\n hosts {\n 127.0.0.9 nine.test\n ttl 7\n ${more}\n }\n}`;
  assert.equal((await aServing(hosts("")).ask("9.0.0.127.in-addr.arpa", types.PTR)).answers[0].domain, "nine.test");
  assert.equal((await aServing(hosts("no_reverse")).ask("9.0.0.127.in-addr.arpa", types.PTR)).header.rcode, 2);
  assert.deepEqual(shown((await aServing(hosts("")).ask("localhost")).answers), ["localhost 7 127.0.0.1"]);
  const files = new Map([["more.hosts", "10.0.0.7 seven.test # so\n"]]);
  assert.deepEqual(shown((await aServing(". {\n hosts more.hosts\n}", { files }).ask("seven.test")).answers), ["seven.test 3600 10.0.0.7"]);
});

function aZone(hasPod?: () => boolean): Zone {
  const zone = new Zone("cluster.local", { addresses: ["10.96.0.10"], endpointPodNames: true, ...(hasPod ? { hasPod } : {}) });
  zone.setNamespace("default", true);
  const service = (name: string, spec: Service["spec"]) => ({ metadata: { name, namespace: "default" }, spec }) as Service;
  const slice = {
    metadata: {},
    addressType: "IPv4",
    ports: [{ port: 80 }],
    endpoints: [{ addresses: ["10.244.1.5"], targetRef: { kind: "Pod", name: "web-abc" } }],
  } as unknown as EndpointSlice;
  zone.setService("default/web", service("web", { clusterIP: "10.96.0.20", ports: [{ port: 80 }] }), []);
  zone.setService("default/db", service("db", { clusterIP: "None" }), [slice]);
  zone.setService("default/empty", service("empty", { clusterIP: "None" }), []);
  return zone;
}

const plain = "kubernetes cluster.local in-addr.arpa";

test("kubernetes: ttl, pod names of endpoints, what has no pod, and names that fall through", async () => {
  const { ask } = aServing(`. {\n ${plain} {\n ttl 3\n }\n}`, { zone: aZone() });
  assert.deepEqual(shown((await ask("web-abc.db.default.svc.cluster.local")).answers), [
    "web-abc.db.default.svc.cluster.local 3 10.244.1.5",
  ]);
  assert.equal((await ask("10-244-1-5.default.pod.cluster.local")).header.rcode, 3, "pods are disabled unless a mode is said");
  assert.equal((await ask("empty.default.svc.cluster.local")).header.rcode, 3, "a headless Service without endpoints has no name");
  const denied = await ask("9.9.9.10.in-addr.arpa", types.PTR);
  assert.deepEqual([denied.header.rcode, denied.authorities[0].name, denied.authorities[0].minimum], [3, "in-addr.arpa", 3]);
  assert.equal((await ask("example.org")).header.rcode, 2, "behind it is nobody");
  const falls = aServing(`. {\n ${plain} {\n fallthrough test.cluster.local in-addr.arpa\n }\n}`, { zone: aZone() });
  assert.equal((await falls.ask("a.test.cluster.local")).header.rcode, 2);
  assert.equal((await falls.ask("a.other.cluster.local")).header.rcode, 3);
});

test("the zone tells of itself, and gives nobody all of it", async () => {
  const { ask } = aServing(`. {\n ${plain}\n}`, { zone: aZone() });
  assert.equal((await ask("cluster.local", types.SOA)).answers[0].primary, "ns.dns.cluster.local");
  assert.equal((await ask("cluster.local", types.AXFR)).header.rcode, 5);
  assert.equal((await ask("web.default.svc.cluster.local", types.ANY)).answers.length, 0);
});

test("autopath walks the search path of the pod that asks, at its first name", async () => {
  const zone = aZone(() => true);
  const text = `. {
    autopath @kubernetes
    kubernetes cluster.local {
      pods verified
    }
    hosts {
      192.0.2.7 example.org
      fallthrough
    }
  }`;
  const { ask, metrics } = aServing(text, { zone });
  const outside = await ask("example.org.default.svc.cluster.local");
  assert.deepEqual(shown(outside.answers), ["example.org.default.svc.cluster.local 3600 example.org", "example.org 3600 192.0.2.7"]);
  assert.equal(outside.questions[0].name, "example.org.default.svc.cluster.local");
  assert.equal((await ask("example.org.other.svc.cluster.local")).header.rcode, 3, "not its own namespace");
  assert.equal((await ask("example.org.default.svc.cluster.local", types.A, { address: "10.0.0.1" })).header.rcode, 3, "no pod's address");
  assert.equal((await ask("nowhere.default.svc.cluster.local")).header.rcode, 3, "the first denial, where nothing is found");
  assert.match(metrics.text(), /coredns_autopath_success_total\{server="dns:\/\/:53"\} 1/);
});

test("queries are counted by CoreDNS's names, prepared answers too", async () => {
  const { ask, metrics } = aServing(`. {\n prometheus\n ${plain}\n}`, { zone: aZone() });
  for (let i = 0; i < 3; i++) await ask("web.default.svc.cluster.local");
  await ask("none.default.svc.cluster.local", types.AAAA, { address: "fd00::9", stream: true });
  const text = metrics.text();
  for (const line of [
    'coredns_dns_requests_total{server="dns://:53",zone=".",view="",proto="udp",family="1",type="A"} 3',
    'coredns_dns_requests_total{server="dns://:53",zone=".",view="",proto="tcp",family="2",type="AAAA"} 1',
    'coredns_dns_responses_total{server="dns://:53",zone=".",view="",rcode="NOERROR",plugin="kubernetes"} 3',
    'coredns_dns_responses_total{server="dns://:53",zone=".",view="",rcode="NXDOMAIN",plugin="kubernetes"} 1',
    'coredns_dns_request_duration_seconds_count{server="dns://:53",zone=".",view=""} 4',
    'coredns_plugin_enabled{server="dns://:53",zone=".",view="",name="kubernetes"} 1',
  ])
    assert.ok(text.includes(line), `${line}\n${text}`);
  const silent = aServing(`. {\n ${plain}\n}`, { zone: aZone() });
  await silent.ask("web.default.svc.cluster.local");
  assert.doesNotMatch(silent.metrics.text(), /coredns_dns_requests_total\{/);
});

test("queries are logged as the format and the classes say, each of them", async () => {
  const lines: string[] = [];
  const log = { ...silentLog, info: (line: string) => void lines.push(line) };
  const { ask } = aServing(
    `. {\n log example.org "{name} {type} {rcode} {>rflags} {proto} {remote}" {\n class denial\n }\n log default.svc.cluster.local\n ${plain}\n hosts {\n 10.0.0.1 example.org\n fallthrough\n }\n}`,
    { zone: aZone(), log },
  );
  await ask("example.org");
  await ask("example.org", types.AAAA, { address: "fd00::1" });
  for (let i = 0; i < 2; i++) await ask("web.default.svc.cluster.local");
  assert.equal(lines.length, 3, lines.join("\n"));
  assert.equal(lines[0], "example.org. AAAA NOERROR qr,aa,rd udp [fd00::1]");
  assert.match(
    lines[2]!,
    /^10\.244\.1\.9:40000 - \d+ "A IN web\.default\.svc\.cluster\.local\. udp 47 false 512" NOERROR qr,aa,rd \d+ 0\.\d{9}s$/,
  );
});

test("failures are logged, those of a pattern together", async () => {
  const lines: string[] = [];
  const log = { ...silentLog, error: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(`! ${line}`) };
  const clock = new VirtualClock();
  const { ask } = aServing(
    '. {\n errors {\n consolidate 30s "no resolver" warning show_first\n }\n hosts {\n fallthrough org\n }\n forward org /etc/resolv.conf\n}',
    { log, clock },
  );
  for (let i = 0; i < 3; i++) await ask("example.org");
  await clock.advance(30_000);
  assert.deepEqual(lines, [
    "! 2 example.org. A: this node has no resolver for names outside the cluster",
    "! 3 errors like 'no resolver' occurred in last 30s",
  ]);
});

test("the server of the longest zone answers, at its port", async () => {
  const host = (address: string) => `hosts {\n ${address} x.sub.example.org\n }`;
  const { ask, serving } = aServing(
    `. {\n ${host("10.0.0.1")}\n}\nexample.org {\n ${host("10.0.0.2")}\n}\nsub.example.org {\n ${host("10.0.0.3")}\n}\n.:54 {\n ${host("10.0.0.4")}\n}`,
  );
  assert.deepEqual(shown((await ask("x.sub.example.org")).answers), ["x.sub.example.org 3600 10.0.0.3"]);
  assert.deepEqual(serving.ports, [53, 54]);
  const other = serving.respond(54, aQuery("x.sub.example.org"), aPeer()) as Buffer;
  assert.deepEqual([...other.subarray(-4)], [10, 0, 0, 4]);
});
