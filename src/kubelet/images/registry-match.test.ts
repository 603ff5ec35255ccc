import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyring } from "./keyring.ts";
import { repositoryOf } from "./names.ts";
import { matchesRegistry, parseRegistry } from "./registry-match.ts";

test("a pattern is meant for an image by parts of the host, port and beginning of the path", () => {
  for (const [pattern, image, is] of [
    ["example.com", "example.com/a", true],
    ["*.example.com", "a.example.com/b", true],
    ["*.example.com", "example.com/b", false],
    ["*.example.com", "a.b.example.com/c", false],
    ["app*.example.com", "apple.example.com/c", true],
    ["a?c.example.com", "abc.example.com/c", false],
    ["x[ab].example.com", "xb.example.com/c", true],
    ["x[ab].example.com", "xc.example.com/c", false],
    ["[ab]x.example.com", "bx.example.com/c", false],
    ["a+.example.com", "aa.example.com/c", false],
    ["example.com:5000", "example.com/a", false],
    ["example.com:5000", "example.com:5000/a", true],
    ["example.com/team", "example.com/teams/a", true],
    ["example.com/team", "example.com/other", false],
    ["*.io", "k8s.io/a", true],
    ["[", "k8s.io/a", false],
  ] as const)
    assert.equal(matchesRegistry(pattern, image), is, `${pattern} ${image}`);
});

test("what is no registry is refused in the words of Go's parser", () => {
  assert.throws(() => parseRegistry("a.com:x/b"), { message: 'parse "https://a.com:x/b": invalid port ":x" after host' });
  assert.throws(() => parseRegistry("a b.com"), { message: 'parse "https://a b.com": invalid character " " in host name' });
  assert.throws(() => parseRegistry("a.com/%zz"), { message: 'parse "https://a.com/%zz": invalid URL escape "%zz"' });
});

test("the most particular credentials come first, and docker's own are for what has no registry", () => {
  const keyring = new Keyring();
  const login = (username: string) => ({ username, password: "" });
  keyring.add({ "example.com": login("all"), "https://example.com/v2/": login("old"), "example.com/team": login("team") }, undefined);
  keyring.add({ "https://index.docker.io/v1/": login("hub"), "not a host": login("nobody") }, undefined);
  const found = (image: string) => keyring.lookup(repositoryOf(image)).map(({ username }) => username);
  assert.deepEqual(found("example.com/team/a:1"), ["team", "all", "old"]);
  assert.deepEqual(found("example.com:5000/a"), []);
  assert.deepEqual(found("busybox@sha256:0"), ["hub"]);
  assert.deepEqual(found("docker.io/library/busybox"), ["hub"]);
});
