import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { plainUser, secureFixture } from "../fixture.ts";
import { readAdmissionConfig } from "./admission-config.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-admission-"));
after(() => rmSync(folder, { recursive: true }));

const write = (name: string, value: object | string) => {
  const file = join(folder, name);
  writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
  return file;
};
const fileOf = (...plugins: object[]) =>
  write("admission.yaml", { apiVersion: "apiserver.config.k8s.io/v1", kind: "AdmissionConfiguration", plugins });
const podSecurity = (more: object) => ({
  name: "PodSecurity",
  configuration: { apiVersion: "pod-security.admission.config.k8s.io/v1", kind: "PodSecurityConfiguration", ...more },
});
const limits = (...all: object[]) => ({ apiVersion: "eventratelimit.admission.k8s.io/v1alpha1", kind: "Configuration", limits: all });

const podOf = (more: object = {}) => ({
  metadata: { name: "p" },
  spec: { containers: [{ name: "a", image: "b", securityContext: { privileged: true } }], ...more },
});

test("levels of pod security hold where a namespace says nothing, and exempt users, namespaces and runtime classes are held to none", async () => {
  const config = fileOf(
    podSecurity({
      defaults: { enforce: "baseline" },
      exemptions: { usernames: ["trusted"], namespaces: ["free"], runtimeClasses: ["vm"] },
    }),
  );
  const { admin, ask, put, close } = await secureFixture({
    flags: [`admission-control-config-file=${config}`, "authorization-mode=AlwaysAllow", "disable-admission-plugins=ServiceAccount"],
  });
  try {
    await put({ apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "vm" }, handler: "vm" } as never);
    for (const name of ["held", "free"]) await admin("POST", "/api/v1/namespaces", { metadata: { name } });
    const made = async (user: string, namespace: string, more?: object) => {
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      return (await ask(plainUser(user), "POST", path, podOf(more))).status;
    };
    assert.deepEqual(
      [
        await made("jane", "held"),
        await made("trusted", "held"),
        await made("jane", "free"),
        await made("jane", "held", { runtimeClassName: "vm" }),
      ],
      [403, 201, 201, 201],
    );
    await admin("PATCH", "/api/v1/namespaces/held", { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } });
    assert.equal(await made("jane", "held"), 201, "what the namespace says wins");
  } finally {
    await close();
  }
});

test("limits of events and selectors of namespaces come from files of their own, named from the folder of the configuration", async () => {
  write("limits.json", limits({ type: "Server", qps: 1, burst: 1 }));
  write("selectors.yaml", "podNodeSelectorPluginConfig:\n  clusterDefaultNodeSelector: zone=a\n");
  const config = fileOf({ name: "EventRateLimit", path: "limits.json" }, { name: "PodNodeSelector", path: "selectors.yaml" });
  const plugins = "enable-admission-plugins=EventRateLimit,PodNodeSelector";
  const { admin, close } = await secureFixture({ flags: [`admission-control-config-file=${config}`, plugins] });
  try {
    const event = (name: string) =>
      admin("POST", "/api/v1/namespaces/default/events", { metadata: { name }, involvedObject: { namespace: "default" }, type: "Normal" });
    assert.deepEqual([(await event("a")).status, (await event("b")).status], [201, 429]);
    await admin("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    const { object } = await admin("POST", "/api/v1/namespaces/default/pods?dryRun=All", podOf());
    assert.deepEqual(object.spec.nodeSelector, { zone: "a" });
  } finally {
    await close();
  }
});

test("what is limited is consumed only where a quota covers it", async () => {
  const limitedResources = [
    { resource: "pods", matchContains: ["requests.cpu"] },
    { resource: "pods", matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] }] },
  ];
  const config = fileOf({
    name: "ResourceQuota",
    configuration: { apiVersion: "apiserver.config.k8s.io/v1", kind: "ResourceQuotaConfiguration", limitedResources },
  });
  const { admin, close } = await secureFixture({
    flags: [`admission-control-config-file=${config}`, "disable-admission-plugins=ServiceAccount"],
  });
  try {
    const made = async (requests: object, more: object = {}) => {
      const containers = [{ name: "a", image: "b", resources: { requests } }];
      const answer = await admin("POST", "/api/v1/namespaces/default/pods?dryRun=All", {
        metadata: { name: "p" },
        spec: { containers, ...more },
      });
      return [answer.status, answer.message];
    };
    assert.deepEqual(await made({}), [201, ""]);
    assert.deepEqual(await made({ cpu: "1" }), [403, 'pods "p" is forbidden: insufficient quota to consume: requests.cpu']);
    const quotas = "/api/v1/namespaces/default/resourcequotas";
    const quota = async (name: string, hard: Record<string, string>, spec: object = {}) => {
      await admin("POST", quotas, { metadata: { name }, spec: { hard, ...spec } });
      const used = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
      await admin("PATCH", `${quotas}/${name}/status`, { status: { hard, used } });
    };
    await quota("cpu", { "requests.cpu": "2" });
    assert.deepEqual(await made({ cpu: "1" }), [201, ""]);
    const critical = { priorityClassName: "system-node-critical" };
    assert.deepEqual(await made({ cpu: "1" }, critical), [
      500,
      "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]",
    ]);
    const expression = { scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] };
    await quota("critical", { pods: "2" }, { scopeSelector: { matchExpressions: [expression] } });
    assert.deepEqual(await made({ cpu: "1" }, critical), [201, ""]);
  } finally {
    await close();
  }
});

test("a file of the plugin that chose nodes first is read as it was", () => {
  assert.deepEqual(readAdmissionConfig(write("legacy.yaml", "podNodeSelectorPluginConfig: {a: zone=b}\n")), {
    podNodeSelector: { a: "zone=b" },
  });
});

test("what a plugin is told and does not obey is refused, and so is what it cannot read", () => {
  const quota = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "ResourceQuotaConfiguration",
    limitedResources: [{ matchContains: ["cpu"] }],
  };
  const webhook = { apiVersion: "apiserver.config.k8s.io/v1", kind: "WebhookAdmissionConfiguration", kubeConfigFile: "/k" };
  const table: [object, RegExp][] = [
    [{ name: "Bogus" }, /couldn't init admission plugin "Bogus": there is no such plugin here/],
    [{ name: "LimitRanger", configuration: {} }, /"LimitRanger": it reads no configuration/],
    [{ name: "ResourceQuota", configuration: quota }, /limitedResources\[0\]\.resource: Required value/],
    [{ name: "ValidatingAdmissionWebhook", configuration: webhook }, /kubeConfigFile: webhooks are shown no credentials here/],
    [{ name: "PodNodeSelector", configuration: { more: 1 } }, /unknown field "more"/],
    [{ name: "EventRateLimit", configuration: limits() }, /limits: Invalid value: null: must not be empty/],
    [
      { name: "EventRateLimit", configuration: limits({ type: "All", qps: 0, burst: 1 }) },
      /limits\[0\]\.type: Unsupported value: "All".*limits\[0\]\.qps: /,
    ],
    [
      podSecurity({ defaults: { enforce: "strict" } }),
      /defaults\.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted/,
    ],
    [podSecurity({ defaults: { "warn-version": "1" } }), /defaults\.warn-version: Invalid value: "1": must be "latest" or "v1\.x"/],
    [
      podSecurity({ exemptions: { namespaces: ["a", "a"], usernames: [""] } }),
      /namespaces\[1\]: Duplicate value: "a".*usernames\[0\]: .*must not be empty/,
    ],
    [podSecurity({ bogus: 1 }), /unknown field "bogus"/],
    [{ name: "PodSecurity", path: "absent" }, /open .*absent: no such file or directory/],
  ];
  for (const [plugin, told] of table) assert.throws(() => readAdmissionConfig(fileOf(plugin)), told);
  assert.throws(() => readAdmissionConfig("/absent"), /unable to read admission control configuration from "\/absent"/);
});
