import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { administrator, type SecureFixture, secureFixture } from "../fixture.ts";
import { parseRequest } from "../request/request-info.ts";
import { RequestMetrics } from "./requests.ts";
import { Histogram, labelText } from "./series.ts";

let at: SecureFixture;
before(async () => {
  at = await secureFixture();
});
after(() => at.close());

async function scraped(): Promise<string[]> {
  const answer = await at.server.handle({ method: "GET", url: "/metrics", headers: {}, user: administrator, body: () => Buffer.alloc(0) });
  answer.sent?.();
  assert.equal(answer.kind, "bytes");
  return (answer as { bytes: Buffer }).bytes.toString().trimEnd().split("\n");
}
const value = (lines: readonly string[], series: string): number | undefined => {
  const line = lines.find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test("requests are counted by what upstream tells them apart by", async () => {
  await at.admin("POST", "/api/v1/namespaces", { metadata: { name: "n" } });
  const map = (name: string) => ({ metadata: { name } });
  await at.admin("POST", "/api/v1/namespaces/n/configmaps", map("a"));
  await at.admin("POST", "/api/v1/namespaces/n/configmaps", map("a"));
  await at.admin("POST", "/api/v1/namespaces/n/configmaps?dryRun=All", map("b"));
  await at.admin("GET", "/api/v1/namespaces/n/configmaps/a");
  await at.admin("GET", "/api/v1/namespaces/n/configmaps");
  await at.admin("GET", "/api/v1/configmaps");
  await at.admin("PATCH:apply", "/api/v1/namespaces/n/configmaps/c?fieldManager=m", { apiVersion: "v1", kind: "ConfigMap", ...map("c") });
  await at.admin("GET", "/apis/nobody.example/v1/things");
  await at.admin("GET", "/readyz");
  const lines = await scraped();
  const counted = (verb: string, scope: string, code: number, dryRun = "") =>
    value(
      lines,
      `apiserver_request_total{code="${code}",component="apiserver",dry_run="${dryRun}",group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"}`,
    );
  assert.deepEqual(
    [
      counted("POST", "resource", 201),
      counted("POST", "resource", 409),
      counted("POST", "resource", 201, "All"),
      counted("GET", "resource", 200),
      counted("LIST", "namespace", 200),
      counted("LIST", "cluster", 200),
      counted("APPLY", "resource", 201),
    ],
    [1, 1, 1, 1, 1, 1, 1],
  );
  assert.ok(!lines.some((line) => line.includes("nobody.example")), "names that nobody serves are not kept");
  const path = 'component="",dry_run="",group="",resource="",scope="",subresource="/readyz",verb="GET",version=""';
  assert.equal(value(lines, `apiserver_request_total{code="200",${path}}`), 1);
  const created =
    'component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1"';
  assert.equal(value(lines, `apiserver_request_duration_seconds_count{${created}}`), 2);
  assert.equal(value(lines, `apiserver_request_duration_seconds_bucket{${created},le="60"}`), 2);
  assert.equal(value(lines, 'apiserver_storage_objects{resource="configmaps"}')! >= 2, true);
  assert.equal(
    value(lines, 'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="false",type="admit"}')! >= 4,
    true,
  );
  assert.equal(value(lines, 'apiserver_flowcontrol_nominal_limit_seats{priority_level="exempt"}'), 0);
  assert.ok(value(lines, 'apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"}')! >= 9);
  assert.equal(
    value(lines, 'apiserver_flowcontrol_current_executing_requests{flow_schema="exempt",priority_level="exempt"}'),
    1,
    "this one",
  );
});

test("the text is what a scraper reads: one head a family, and no series twice", async () => {
  const lines = await scraped();
  const [types, series] = [new Set<string>(), new Set<string>()];
  for (const line of lines) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)?.[1];
    if (type) {
      assert.ok(!types.has(type), line);
      types.add(type);
    } else if (!line.startsWith("# HELP ")) {
      const [, name = "", id = ""] = /^(([a-z_]+)(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) -?[\d.e+-]+$/.exec(line) ?? [];
      assert.ok(id !== "", line);
      assert.ok(types.has(id) || types.has(id.replace(/_(bucket|sum|count)$/, "")), line);
      assert.ok(!series.has(name), line);
      series.add(name);
    }
  }
});

test("watches and streams are open until they end", async () => {
  const watch = await at.server.handle({
    method: "GET",
    url: "/api/v1/namespaces/n/configmaps?watch=true",
    headers: {},
    user: administrator,
    body: () => Buffer.alloc(0),
  });
  assert.equal(watch.kind, "watch");
  const { source } = watch as { source: { open(sink: object): void; close(): void } };
  const look = 'component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"';
  source.open({ event: () => true, bookmark: () => true, error() {}, end() {}, abandon() {} });
  assert.equal(value(await scraped(), `apiserver_longrunning_requests{${look}}`), 1);
  source.close();
  assert.equal(value(await scraped(), `apiserver_longrunning_requests{${look}}`), undefined);
});

test("the most requests at once are those of the last second", async () => {
  const clock = new VirtualClock();
  const metrics = new RequestMetrics(clock, () => true);
  const { info } = parseRequest("GET", "/api/v1/pods");
  const most = () => value(metrics.lines([]), 'apiserver_current_inflight_requests{request_kind="readOnly"}');
  const all = [metrics.enter(info), metrics.enter(info), metrics.enter(info)];
  for (const one of all) one.leave();
  assert.equal(most(), 3);
  await clock.advance(1100);
  metrics.enter(info);
  assert.equal(most(), 3, "a moment ago");
  await clock.advance(1100);
  assert.equal(most(), 1);
  await clock.advance(5000);
  assert.equal(most(), 1);
});

test("a histogram counts what fell below each bound, and labels are written as the text wants them", () => {
  const histogram = new Histogram([1, 5]);
  for (const each of [0.5, 1, 3, 9]) histogram.observe(each);
  assert.deepEqual(histogram.lines("m", { b: 'say "x"\\', a: 1 }), [
    'm_bucket{a="1",b="say \\"x\\"\\\\",le="1"} 2',
    'm_bucket{a="1",b="say \\"x\\"\\\\",le="5"} 3',
    'm_bucket{a="1",b="say \\"x\\"\\\\",le="+Inf"} 4',
    'm_sum{a="1",b="say \\"x\\"\\\\"} 13.5',
    'm_count{a="1",b="say \\"x\\"\\\\"} 4',
  ]);
  assert.equal(labelText({}), "");
});

test("the server says what it is and how it was started, to people and to programs", async () => {
  const get = async (url: string, accept: string) => {
    const answer = await at.server.handle({ method: "GET", url, headers: { accept }, user: administrator, body: () => Buffer.alloc(0) });
    return { status: answer.status, text: (answer as { bytes: Buffer }).bytes.toString() };
  };
  const status = await get("/statusz", "*/*");
  assert.match(
    status.text,
    /^\napiserver statusz\nWarning: This endpoint is not meant to be machine parseable.*\n\nStarted {2}\w+ \w+ .* UTC \d{4}\nUp {2}/,
  );
  assert.match(status.text, /\nBinary version {2}1\.36\.4\nEmulation version {2}1\.36\nPaths {2}\/flagz \/healthz /);
  const flags = await get("/flagz", "application/json;v=v1beta1;g=config.k8s.io;as=Flagz");
  const { kind, apiVersion, metadata, flags: all } = JSON.parse(flags.text);
  assert.deepEqual([kind, apiVersion, metadata.name], ["Flagz", "config.k8s.io/v1beta1", "apiserver"]);
  assert.deepEqual(
    [all["authorization-mode"], all["audit-webhook-initial-backoff"], all["anonymous-auth"], all["audit-policy-file"]],
    ["[Node,RBAC]", "10s", "true", ""],
  );
  assert.equal((await get("/statusz", "application/json")).status, 406);
});

test("who asks, whether they may, gates, versions and what is away are told by upstream's names", async () => {
  await at.ask("somebody@example.com", "GET", "/api/v1/namespaces");
  await at.admin("GET", "/api/v1/namespaces");
  const lines = await scraped();
  const some = (series: string) => (value(lines, series) ?? 0) > 0;
  for (const series of [
    'authenticated_user_requests{username="admin"}',
    'authenticated_user_requests{username="email_id"}',
    'authentication_attempts{result="success"}',
    'authorization_attempts_total{result="allowed"}',
    'authorization_attempts_total{result="no-opinion"}',
    'authorization_duration_seconds_count{result="allowed"}',
    'kubernetes_feature_enabled{name="WatchList",stage="BETA"}',
    'watch_cache_capacity{group="apps",resource="deployments"}',
    'apiserver_watch_cache_resource_version{group="",resource="namespaces"}',
  ])
    assert.ok(some(series), series);
  assert.equal(value(lines, 'kubernetes_feature_enabled{name="AllAlpha",stage="ALPHA"}'), 0);
  assert.equal(value(lines, 'aggregator_unavailable_apiservice{name="v1.apps"}'), 0);
  assert.ok(lines.some((line) => line.startsWith('version_info{binary="1.36.')));
});
