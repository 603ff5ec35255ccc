import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "./cluster.ts";
import { uplinkTable } from "./uplink.ts";

const newcomer = (wayOut: boolean) => ({ id: "x", nameTaken: false, wayOut });

test("a new cluster uses the machine's way out, unless told otherwise; one of before keeps what it had", () => {
  assert.equal(plan("a", undefined, {}, new Set(), newcomer(true)).uplink, true);
  assert.equal(plan("a", undefined, {}, new Set(), newcomer(false)).uplink, false);
  assert.equal(plan("a", undefined, { uplink: false }, new Set(), newcomer(true)).uplink, false);
  const closed = plan("a", undefined, { uplink: false }, new Set(), newcomer(true));
  assert.equal(plan("a", closed, {}, new Set()).uplink, false);
  assert.equal(plan("a", closed, { uplink: true }, new Set()).uplink, true);
});

test("what leaves is masqueraded; where forwarding was off before us, nothing new comes in that way", () => {
  const open = uplinkTable({ slot: 2 }, "IPv4", { wasOff: false });
  assert.match(open, /ip saddr \{ 10\.89\.2\.0\/24, 10\.242\.0\.0\/16 \} oifname != "spoke2" masquerade/);
  assert.match(open, /iifname "spoke2" oifname "spoke\*" oifname != "spoke2" drop/);
  assert.doesNotMatch(open, /ct state new drop|forwarding_was_off/);
  const guarded = uplinkTable({ slot: 2 }, "IPv4", { wasOff: true });
  assert.match(guarded, /iifname != "spoke\*" oifname "spoke2" ct state new drop/);
  assert.match(guarded, /chain forwarding_was_off/);
});

test("IPv6 has a table of its own, which remembers whose routes are learned", () => {
  const text = uplinkTable({ slot: 1, families: ["IPv4", "IPv6"] }, "IPv6", { wasOff: true, learners: ["eth0"] });
  assert.match(text, /^table ip6 spoke_uplink_1\n/);
  assert.match(text, /ip6 saddr \{ fd53:706f:6b65:8901::\/64, fd53:706f:6b65:1100::\/56 \} oifname != "spoke1" masquerade/);
  assert.match(text, /chain learned_routes_65746830 \{ \}/);
});
