import assert from "node:assert/strict";
import { test } from "node:test";
import { addressAt, canonical, formatAddress, formatRange, holds, parseAddress, parseRange, rangeOf } from "./addresses.ts";

const spellings: [text: string, canonical: string | undefined][] = [
  ["10.0.0.1", "10.0.0.1"],
  ["255.255.255.255", "255.255.255.255"],
  ["fd00:1::", "fd00:1::"],
  ["FD00:0001:0:0::0A", "fd00:1::a"],
  ["::", "::"],
  ["::1", "::1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:0:0:4:5:0:0:8", "1::4:5:0:0:8"],
  ["::ffff:1.2.3.4", "::ffff:102:304"],
  ["fe80::1%eth0", undefined],
  ["10.0.0", undefined],
  ["", undefined],
];

for (const [text, wanted] of spellings)
  test(`${JSON.stringify(text)} is ${wanted ?? "no address"}`, () => {
    const address = parseAddress(text);
    assert.equal(address && formatAddress(address), wanted);
    assert.equal(canonical(text), wanted ?? text);
  });

test("a range is its first address and how many there are", () => {
  assert.deepEqual(parseRange("10.96.3.4/16"), { family: "IPv4", first: 0x0a600000n, bits: 16, size: 65536n });
  assert.equal(formatRange(rangeOf("fd00:1::ffff/108")), "fd00:1::/108");
  assert.equal(rangeOf("fd00:1::/64").size, 1n << 64n);
  for (const text of ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "fd00::/x", "x/8"]) assert.equal(parseRange(text), undefined, text);
  assert.throws(() => rangeOf("10.0.0.0"), /is no range of addresses/);
});

test("addresses are counted across groups, and lie in their range alone", () => {
  const range = rangeOf("fd00:1::/108");
  assert.equal(addressAt(range, 0x10001), "fd00:1::1:1");
  assert.equal(addressAt(rangeOf("10.96.0.0/16"), 256), "10.96.1.0");
  assert.equal(holds(range, parseAddress("fd00:1::f:ffff")!), true);
  assert.equal(holds(range, parseAddress("fd00:1::10:0")!), false);
  assert.equal(holds(range, parseAddress("10.96.0.1")!), false);
});
