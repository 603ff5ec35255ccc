import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { annotations, optionsOf } from "./annotations.ts";
import { plainOptions } from "./options.ts";

const read = (given: Record<string, string>) =>
  optionsOf(Object.fromEntries(Object.entries(given).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value])));

test("the README lists what is obeyed", () => {
  const text = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  for (const name of Object.keys(annotations)) assert.ok(text.includes(`\`${name}\``), `${name} is not in the README`);
});

test("annotations of others mean nothing", () => {
  assert.deepEqual(optionsOf({ "kubectl.kubernetes.io/last-applied-configuration": "{}", "nginx.org/x": "y" }), {
    options: plainOptions,
    complaints: [],
  });
});

const complaints: [name: string, value: string, why: string][] = [
  ["no-such-thing", "x", "it is not known here and does nothing"],
  ["constructor", "x", "it is not known here and does nothing"],
  ["ssl-redirect", "maybe", "it is neither true nor false"],
  ["proxy-body-size", "8 megabytes", "it is no size"],
  ["proxy-read-timeout", "0", "it is not between 1 and 86400 seconds"],
  ["rewrite-target", "/x; return 200", "it is no path"],
  ["rewrite-target", "/x;return", "it has characters that no path may have"],
  ["permanent-redirect", "javascript:alert(1)", "it is no URL"],
  ["permanent-redirect", "https://a.com/\r\nSet-Cookie: x", "it is no URL"],
  ["permanent-redirect-code", "200", "it is no status of a redirect"],
  ["backend-protocol", "FCGI", "only HTTP, HTTPS, GRPC and GRPCS are spoken"],
  ["upstream-vhost", "a b", "it is no host"],
  ["session-cookie-name", "a;b", "it is no name of a cookie"],
  ["affinity", "ip", 'only "cookie" is known'],
  ["cors-allow-headers", "A\nB", "it has characters that no header may have"],
  ["auth-url", "http://x", "it guards, and is not known here; requests get 503 while it is set"],
  ["server-snippet", "return 200;", "it guards, and is not known here; requests get 503 while it is set"],
  ["whitelist-source-range", "10.0.0.0/33", "10.0.0.0/33 is no range of addresses; requests get 503 while it is set"],
  ["limit-rps", "many", "it is no whole number; requests get 503 while it is set"],
];
for (const [name, value, why] of complaints)
  test(`${name}: ${JSON.stringify(value)} is told of`, () => {
    const { options, complaints: told } = read({ [name]: value });
    assert.deepEqual(told, [{ annotation: `nginx.ingress.kubernetes.io/${name}`, why }]);
    assert.equal(options.refusal !== undefined, why.endsWith("while it is set"));
  });

test("times, sizes and protocols are read", () => {
  const { options } = read({
    "proxy-body-size": "8m",
    "proxy-connect-timeout": "3",
    "proxy-read-timeout": "3600s",
    "proxy-send-timeout": "7",
    "backend-protocol": "grpc",
  });
  assert.equal(options.mostBodyBytes, 8 << 20);
  assert.deepEqual(options.patience, { connectMs: 3000, readMs: 3_600_000, sendMs: 7000 });
  assert.equal(options.protocol, "GRPC");
});
