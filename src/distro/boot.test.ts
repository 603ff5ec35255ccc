import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { unitOf, unitText } from "./boot.ts";
import { roleHere } from "./bring-up/bring-up.ts";
import { isIn } from "./bring-up/hand-over.ts";
import { plan } from "./cluster.ts";
import { placeOf } from "./place.ts";

test("the unit runs the keeper, knows its surroundings, and stops the cluster only when it is asked to", () => {
  const cluster = plan("two", undefined, { boot: true }, new Set());
  assert.equal(cluster.boot, true);
  assert.equal(plan("two", cluster, {}, new Set()).boot, true, "kept");
  assert.equal(plan("two", cluster, { boot: false }, new Set()).boot, undefined);
  assert.equal(unitOf(cluster), "spoke-two.service");
  assert.equal(unitOf({ name: "spoke" }), "spoke.service");
  const text = unitText(placeOf("two"), cluster, { PATH: "/usr/bin", SPOKE_STATE: "/srv/a 100%", SECRET: "x", https_proxy: "http://p" });
  const line = (key: string) => text.split("\n").filter((each) => each.startsWith(`${key}=`));
  assert.deepEqual(line("Environment"), [
    "Environment=SPOKE_UNIT=1",
    "Environment=PATH=/usr/bin",
    'Environment="SPOKE_STATE=/srv/a 100%%"',
    "Environment=https_proxy=http://p",
  ]);
  assert.match(line("ExecStart")[0]!, /^ExecStart=\/bin\/bash \S+keeper\.sh \S+keeper\.pid \S+supervisor\.pid \S+stopped \S+beat /);
  assert.match(line("ExecStop")[0]!, /^ExecStop=\/bin\/sh -c "\[ -z \\"\$\$MAINPID\\" \] \|\| exec '.+' 'down' '--name' 'two'"$/);
  assert.deepEqual([line("KillMode"), line("Restart"), line("Type")], [["KillMode=process"], ["Restart=on-failure"], ["Type=notify"]]);
  assert.match(line("ExecReload")[0]!, / run bring-up --name two$/);
});

test("what systemd reads in the unit it understands", { skip: analyze() }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-unit-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const cluster = plan("spoke", undefined, { boot: true }, new Set());
  const file = join(folder, unitOf(cluster));
  writeFileSync(file, unitText(placeOf("spoke"), cluster, { PATH: "/usr/bin:/bin", https_proxy: "http://a:b%20c@p" }));
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
  assert.deepEqual([status, stdout + stderr], [0, ""]);
});

test("what a shell started is not the unit's, in one tree of groups or several", () => {
  assert.ok(isIn("0::/system.slice/spoke.service\n", "spoke.service"));
  assert.ok(isIn("4:memory:/\n1:name=systemd:/system.slice/spoke.service\n", "spoke.service"));
  assert.ok(!isIn("0::/user.slice/user-0.slice/session-1.scope\n", "spoke.service"));
});

test("the machine is brought up as what it is, else as its file says", () => {
  const alone = plan("spoke", undefined, {}, new Set());
  const machine = { address: "192.168.1.2" };
  assert.deepEqual([roleHere(undefined, undefined), roleHere(undefined, "agent"), roleHere(alone, "agent")], ["up", "agent", "up"]);
  assert.equal(roleHere({ ...alone, machine }, undefined), "server");
  assert.equal(roleHere({ ...alone, machine: { ...machine, server: "https://192.168.1.1:6443" } }, undefined), "agent");
});

function analyze(): string | undefined {
  return spawnSync("systemd-analyze", ["--version"]).status === 0 ? undefined : "systemd-analyze is not installed";
}
