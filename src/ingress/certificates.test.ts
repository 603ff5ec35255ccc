import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { Certificates } from "./certificates.ts";
import { anIngress, oneClass } from "./routes/builders.ts";
import { tableOf } from "./routes/table.ts";

const authority = await testAuthority();
const pemFor = authority.serving;
const table = tableOf(
  [anIngress({ rules: { "web.example.com": ["Prefix /"], "*.wild.com": ["Prefix /"], "a.localhost": ["Prefix /"] } })],
  oneClass,
);

function fresh(): { certificates: Certificates; issued: string[][]; clock: VirtualClock } {
  const issued: string[][] = [];
  const clock = new VirtualClock();
  const certificates = new Certificates({
    clock,
    async issue(names) {
      issued.push(names);
      return pemFor(...names);
    },
  });
  return { certificates, issued, clock };
}

test("hosts without a Secret get certificates of the cluster's own, once each, and strangers' names cost nothing", async () => {
  const { certificates, issued, clock } = fresh();
  certificates.set([], table);
  for (const name of [
    "web.example.com",
    "WEB.example.com",
    "web.example.com.localhost",
    "x.wild.com",
    "y.wild.com.localhost",
    "a.localhost",
  ])
    await certificates.contextFor(name);
  for (const name of ["stranger.com", "x.y.wild.com", "other.localhost", "bad name"]) await certificates.contextFor(name);
  const names = (host: string) => [host, `${host}.localhost`];
  assert.deepEqual(issued, [names("web.example.com"), names("*.wild.com"), names("a.localhost"), ["localhost"]]);
  await clock.advance(31 * 86_400_000);
  await certificates.contextFor("web.example.com");
  assert.equal(issued.length, 5, "it is made anew long before it runs out");
});

test("a Secret's certificate is for its hosts, or those that it names itself; a bad one is told of", async () => {
  const { certificates, issued } = fresh();
  const [web, wild] = [await pemFor("web.example.com"), await pemFor("*.wild.com")];
  const given = (name: string, pem: { cert: string; key: string }, hosts: string[]) => ({
    ingress: "default/web",
    secret: `default/${name}`,
    ...pem,
    hosts,
  });
  const problems = certificates.set(
    [given("web", web, ["web.example.com"]), given("wild", wild, []), given("bad", { cert: web.cert, key: wild.key }, ["bad.com"])],
    table,
  );
  const same = async (a: string, b: string) => (await certificates.contextFor(a)) === (await certificates.contextFor(b));
  assert.ok(await same("x.wild.com", "y.wild.com"));
  assert.ok(!(await same("web.example.com", "x.wild.com")));
  assert.deepEqual(issued, []);
  // The Secret is not for that name: the cluster's own is.
  await certificates.contextFor("web.example.com.localhost");
  assert.deepEqual(issued, [["web.example.com", "web.example.com.localhost"]]);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.problem.message, /^Secret bad: certificate and key cannot be used: .*mismatch; its hosts get/);
});
