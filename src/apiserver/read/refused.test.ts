/** What reads and their selectors are refused with, and that an answer nobody can read is told before anything is done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { openRegistry, serve } from "../mod.ts";

const admin = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const maps = "/api/v1/namespaces/default/configmaps";
const html = { accept: "text/html" };

const table: [string, number, RegExp][] = [
  [`${maps}/a?resourceVersion=bogus`, 500, /^resourceVersion: Invalid value: "bogus": strconv\.ParseUint/],
  [`${maps}?watch=1&limit=bogus`, 400, /^strconv\.ParseInt: parsing "bogus"/],
  [`${maps}?watch=1&continue=x`, 422, /resourceVersionMatch is forbidden when continue is provided$/],
  [`${maps}?continue=bogus`, 400, /^invalid continue token: continue key is not valid: illegal base64 data at input byte 4$/],
  [`${maps}?labelSelector=${"a".repeat(64)}`, 400, /name part must be no more than 63 bytes$/],
  ["/apis/batch/v1/jobs?fieldSelector=a%3Db", 400, /^field label "a" not supported for Job$/],
  ["/apis/apps/v1/replicasets?fieldSelector=status.replicas%3D0", 400, /^"status\.replicas" is not a known field selector/],
];

test("reads are refused in upstream's words, and what cannot be answered is not done", async () => {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const server = await serve(await openRegistry({ store, clock, random: seededRandom(1), log: silentLog }));
  const { request } = server.direct(admin);
  try {
    const made = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    await assert.rejects(request({ method: "POST", path: maps, body: made, headers: html }), /406: Not Acceptable/);
    assert.equal((await request({ method: "GET", path: `${maps}/a` })).status, 404);
    assert.equal((await request({ method: "POST", path: maps, body: made })).status, 201);
    await assert.rejects(request({ method: "DELETE", path: `${maps}/a`, headers: html }), /406: Not Acceptable/);
    // One named object is got, whatever is said of watching.
    const got = await request({ method: "GET", path: `${maps}/a?watch=1` });
    assert.equal((got.object as { kind?: string }).kind, "ConfigMap");
    for (const [path, status, message] of table) {
      const answer = await request({ method: "GET", path });
      assert.equal(answer.status, status, path);
      assert.match(String((answer.object as { message?: unknown }).message), message);
    }
    const nowhere = await request({ method: "GET", path: "/api/v1/persistentvolumes?fieldSelector=metadata.namespace%3Da" });
    assert.equal(nowhere.status, 200);
  } finally {
    await server.close();
    await store.close();
  }
});
