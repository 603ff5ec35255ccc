import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRole } from "./read-role.ts";
import { agentUsage, serverUsage, upUsage } from "./usages.ts";
import { clusterHere } from "./yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-config-"));
test.after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "config.yaml");

function written(text: string, mode = 0o600): string {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  return file;
}

test("what a flag can say the file can say, and flags win", () => {
  const text = `
name: two
nodes: 3
uplink: false
families: [ipv4, ipv6]
apiserver-flag:
  - audit-log-path=audit.log
  - audit-log-maxage=3
kubelet-config: kubelet.yaml
scheduler-config: /etc/scheduler.yaml
boot: yes
`;
  const config = ["--config", written(text)];
  const { values, folderOf } = readRole(upUsage, config);
  const { name, nodes, uplink, families, boot } = values;
  assert.deepEqual([name, nodes, uplink, families, boot], ["two", "3", false, "ipv4,ipv6", true]);
  assert.deepEqual(values["apiserver-flag"], ["audit-log-path=audit.log", "audit-log-maxage=3"]);
  assert.deepEqual([values["kubelet-config"], values["scheduler-config"]], [join(folder, "kubelet.yaml"), "/etc/scheduler.yaml"]);
  assert.equal(folderOf("apiserver-flag"), folder);

  const won = readRole(upUsage, [...config, "--nodes=1", "--uplink", "--apiserver-flag=profiling=false", "--name", "one"]);
  assert.deepEqual([won.values.nodes, won.values.uplink, won.values.name], ["1", true, "one"]);
  assert.deepEqual(won.values["apiserver-flag"], ["profiling=false"], "in the place of the file's, not beside them");
  assert.equal(won.folderOf("apiserver-flag"), process.cwd());

  const { values: server } = readRole(serverUsage, [
    "--config",
    written("role: server\npods: false\nport: 7443\nnode-label:\n  disk: ssd\n  zone: a\naddress: 192.168.1.2\n"),
  ]);
  assert.deepEqual([server.pods, server.port, server["node-label"], server.address], [false, "7443", "disk=ssd,zone=a", "192.168.1.2"]);
});

test("the file may be named by the environment, and names the cluster for every command", () => {
  const env = { SPOKE_CONFIG: written("name: three\nserver: https://h:6443\ntoken: abcdef.0123456789abcdef\n") };
  const { values } = readRole(agentUsage, [], env);
  assert.deepEqual([values.name, values.server, values.token], ["three", "https://h:6443", "abcdef.0123456789abcdef"]);
  assert.equal(clusterHere(env), "three");
  assert.equal(clusterHere({ ...env, SPOKE_CLUSTER: "four" }), "four");
  assert.equal(readRole(agentUsage, ["--config", ""], env).values.server, undefined);
});

test("what is wrong is refused with the file, the key, and what is allowed", () => {
  const rows: [text: string, refusal: RegExp][] = [
    ["nodez: 3", /config\.yaml: nodez: there is no such key; spoke up takes role, name, nodes, simulated-nodes, .*boot$/],
    ["no-uplink: true", /no-uplink: there is no such key: say uplink: false;/],
    [
      "token: a.b\nnode-label: {a: b}",
      /token: this is for spoke server and spoke agent; .*; node-label: this is for spoke server and spoke agent; /,
    ],
    ["nodes: three", /nodes: a whole number is needed, not "three"/],
    ["nodes:", /nodes: a whole number is needed, not null/],
    ["nodes: -1", /nodes: a whole number is needed, not -1/],
    ["uplink: 1", /uplink: true or false is needed, not 1/],
    ["families: [4]", /families: a text or a list of texts is needed, not \[4\]/],
    ["apiserver-flag: a=b", /apiserver-flag: a list of texts is needed, not "a=b"/],
    ["proxy-mode: 5", /proxy-mode: a text is needed, not 5/],
    ["nodes: 1\nnodes: 2", /config\.yaml: line 2: key "nodes" already set in map/],
    ["- nodes", /config\.yaml: keys with values are needed/],
    ["a: [", /config\.yaml: /],
    ["name: 5", /name: a text is needed, not 5/],
    ["role: master", /role: one of up, server, agent is needed, not "master"/],
    ["role: agent", /role: it says agent, and this is spoke up: type spoke agent, or change the file/],
  ];
  for (const [text, refusal] of rows) assert.throws(() => readRole(upUsage, ["--config", written(text)]), refusal, text);
  assert.throws(() => readRole(agentUsage, ["--config", written("token: a.b", 0o644)]), /it holds a token, and others .*: chmod 600 /);
  assert.throws(() => readRole(upUsage, ["--config", join(folder, "none.yaml")]), /open .*none\.yaml: no such file or directory/);
});
