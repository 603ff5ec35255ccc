import assert from "node:assert/strict";
import { test } from "node:test";
import { unitOf, unitText } from "./boot.ts";
import { plan } from "./cluster.ts";
import { placeOf } from "./place.ts";

test("the unit runs the keeper, knows its surroundings, and stops the cluster only when it is asked to", () => {
  const cluster = plan("two", undefined, { boot: true }, new Set());
  assert.equal(cluster.boot, true);
  assert.equal(plan("two", cluster, {}, new Set()).boot, true, "kept");
  assert.equal(plan("two", cluster, { boot: false }, new Set()).boot, undefined);
  assert.equal(unitOf(cluster), "spoke-two.service");
  const text = unitText(placeOf("two"), cluster, { PATH: "/usr/bin", SPOKE_STATE: "/srv/a 100%", SECRET: "x", https_proxy: "http://p" });
  const line = (key: string) => text.split("\n").filter((each) => each.startsWith(`${key}=`));
  assert.deepEqual(line("Environment"), [
    "Environment=PATH=/usr/bin",
    'Environment="SPOKE_STATE=/srv/a 100%%"',
    "Environment=https_proxy=http://p",
  ]);
  assert.match(line("ExecStart")[0]!, /^ExecStart=\/bin\/bash \S+keeper\.sh \S+keeper\.pid \S+supervisor\.pid \S+stopped /);
  assert.match(line("ExecStop")[0]!, /^ExecStop=\/bin\/sh -c "\[ -z \\"\$\$MAINPID\\" \] \|\| exec '.+' 'down' '--name' 'two'"$/);
  assert.deepEqual([line("KillMode"), line("Restart")], [["KillMode=process"], ["Restart=on-failure"]]);
});
