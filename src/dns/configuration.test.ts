import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfiguration } from "./configuration.ts";
import { defaultCorefile } from "./corefile/default.ts";

const files = new Map([["resolv.custom", "nameserver 192.0.2.53\n"]]);
const read = (text: string) => readConfiguration(text, { files, resolvers: ["192.0.2.1"] });
const within = (line: string) => `. {\n  ${line}\n}\n`;

test("what a cluster begins with, and what upstream's begin with, are read", () => {
  const own = read(defaultCorefile("cluster.local"));
  assert.deepEqual(
    own.servers[0]!.links.map(({ name }) => name),
    ["cache", "hosts", "kubernetes", "loop", "forward"],
  );
  assert.deepEqual(own.names, [
    { domains: ["cluster.local"], namespaces: [], endpointPodNames: false, noEndpoints: false, pods: "insecure" },
  ]);
  const kubeadm = defaultCorefile("cluster.local").replace("errors", "errors\n health {\n lameduck 5s\n }\n ready");
  assert.deepEqual(read(kubeadm).servers[0]!.settings.health, { port: 8080, lameduckMs: 5000 });
});

test("plugins are asked in upstream's order, whatever the order of their lines", () => {
  const { servers } = read(
    ". {\n forward . 192.0.2.9\n hosts\n rewrite name a b\n cache\n forward example.org resolv.custom\n}\na.test b.test:54 {\n log\n}",
  );
  assert.deepEqual(
    servers.map(({ zones, port }) => [zones, port]),
    [
      [[""], 53],
      [["a.test"], 53],
      [["b.test"], 54],
    ],
  );
  assert.deepEqual(
    servers[0]!.links.map(({ name }) => name),
    ["cache", "rewrite", "hosts", "forward"],
  );
});

const refusals: [line: string, error: string][] = [
  ["nonsense", "Unknown directive 'nonsense'"],
  ["dnssec", "plugin 'dnssec' is not there"],
  ["file db.example", "plugin 'file' is not there"],
  ["bind 10.0.0.1", "plugin 'bind' is not there"],
  ["cache\n  cache", "plugin/cache: this plugin can only be used once per Server Block"],
  ["errors all", "Wrong argument count or unexpected line ending after 'all'"],
  ["errors {\n stacktrace\n }", "plugin/errors: 'stacktrace' is not there: what nobody expected ends the process, and is logged with it"],
  ["errors {\n consolidate 5m (\n }", "invalid regex matching pattern: ("],
  ["health localhost:8080", "health: 'localhost:8080': it is opened at the addresses that DNS is answered at; ':8080' is what can be said"],
  ["health {\n lameduck long\n }", 'lameduck: invalid duration "long"'],
  ["health {\n lameduck 1m\n }", "lameduck can be 8s at most: 1m"],
  ["ready {\n monitor never\n }", "monitor must be one of until-ready or continuously: never"],
  ["prometheus 9153", "prometheus: '9153' is no address with a port"],
  ["kubernetes cluster.local {\n pods maybe\n }", "wrong value for pods: maybe,  must be one of: disabled, verified, insecure"],
  ["kubernetes cluster.local {\n ttl 3601\n }", "ttl must be in range [0, 3600]: 3601"],
  [
    "kubernetes cluster.local {\n endpoint https://x\n }",
    "plugin/kubernetes: 'endpoint' is not there: the API server is this cluster's own",
  ],
  ["kubernetes cluster.local {\n labels a=b\n }", "plugin/kubernetes: 'labels' is not there"],
  ["kubernetes cluster.local {\n other\n }", "plugin/kubernetes: unknown property 'other'"],
  ["kubernetes in-addr.arpa", "plugin/kubernetes: non-reverse zone name must be used"],
  ["forward .", "Wrong argument count or unexpected line ending after '.'"],
  ["forward . tls://9.9.9.9", "plugin/forward: 'tls://9.9.9.9': tls:// is not there; dns:// is"],
  ["forward . /etc/shadow", 'plugin/forward: not an IP address or file: "/etc/shadow"'],
  ["forward . 192.0.2.1 {\n policy best\n }", "unknown policy 'best'"],
  ["forward . 192.0.2.1 {\n expire 5s\n }", "plugin/forward: 'expire': no connections are kept here"],
  ["forward . 192.0.2.1 {\n failover NOERROR\n }", "NoError cannot be used in failover"],
  ["forward . 192.0.2.1 {\n next NEVER\n }", "NEVER is not a valid rcode"],
  ["cache 0", "cache must be in range [1, 9007199254740991]: 0"],
  ["cache {\n prefetch 5 1m 5%\n }", "percentage should fall in range [10, 90]: 5"],
  ["cache {\n servfail 6m\n }", "caching SERVFAIL responses over 5 minutes is not permitted"],
  ["cache {\n disable all\n }", 'cache type for disable must be "success" or "denial"'],
  ["hosts /etc/passwd", "unable to access hosts file '/etc/passwd': it can be /etc/hosts, or another key of the ConfigMap"],
  ["hosts {\n reverse\n }", "plugin/hosts: unknown property 'reverse'"],
  ["rewrite edns0 local set 0xffee 0x61", "plugin/rewrite: 'edns0' is not there: name, type, class, ttl and rcode are"],
  ["rewrite name regex ( b", "invalid regex matching pattern: ("],
  [
    "rewrite name regex (a) {1}{2}",
    "the rewrite regex pattern ({1}{2}) uses more subexpressions than its corresponding matching regex pattern ((a))",
  ],
  ["rewrite name some a b", "name rule supports only exact, prefix, suffix, substring, and regex name matching, received: some"],
  ["rewrite name exact a b answer both", 'invalid type "both" for answer rule for exact rule'],
  ["rewrite type A NONE", 'invalid type "NONE"'],
  ['template IN A {\n answer "{{ .Meta `a` }}"\n }', "plugin/template: .Meta is not there"],
  ['template IN A {\n answer "{{ "\n }', "could not compile template: {{ , "],
  ["template IN NONE", "invalid RR class NONE"],
  ["log . {\n class some\n }", "plugin/log: unknown class 'some'"],
  ["loadbalance weighted w", "Wrong argument count or unexpected line ending after 'w'"],
  ["loadbalance first", "plugin/loadbalance: 'first' is not there: round_robin is"],
  ["reload 1s", "interval value must be greater or equal to 2s"],
  ["autopath @kubernetes", "plugin/autopath: kubernetes is not in this server"],
];
for (const [line, error] of refusals)
  test(`refused: ${line.replaceAll("\n", " ")}`, () =>
    assert.throws(
      () => read(within(line)),
      (thrown: Error) => {
        assert.match(thrown.message, /^Corefile:\d+ - Error during parsing: /);
        assert.ok(thrown.message.replace(/^.*?parsing: /, "").startsWith(error), thrown.message);
        return true;
      },
    ));

test("one zone has one server", () => {
  assert.throws(() => read(". {\n}\n.:53 {\n}"), /Corefile:3 .*cannot serve dns:\/\/\.:53 - it is already defined/);
  assert.throws(() => read("# nothing"), /no server/);
});
