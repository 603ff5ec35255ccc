import assert from "node:assert/strict";
import { test } from "node:test";
import { isProxyable } from "./addresses.ts";

test("only addresses of single others are called, however they are written", () => {
  for (const address of ["10.244.1.5", "192.168.0.1", "203.0.113.9", "100.64.0.1", "fd00::5", "2001:db8::1", "::ffff:10.244.1.5"])
    assert.equal(isProxyable(address), true, address);
  for (const address of [
    "",
    "localhost",
    "example.com",
    "127.0.0.1",
    "127.255.0.9",
    "127.1",
    "0177.0.0.1",
    "2130706433",
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:7f00:0001",
    "::ffff:169.254.169.254",
    "::FFFF:0.0.0.0",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fe80::1%lo",
    "febf::1",
    "ff02::1",
    "fd00::1%eth0",
  ])
    assert.equal(isProxyable(address), false, address);
});
