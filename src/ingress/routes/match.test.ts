import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ingress } from "#api/mod.ts";
import { aClass, anIngress, aPath, oneClass, toService } from "./builders.ts";
import { isOurs } from "./class.ts";
import { comparableHost } from "./host.ts";
import { match } from "./match.ts";
import { comparablePath } from "./path.ts";
import { tableOf } from "./table.ts";

/** The Service that a request goes to, or `-`. */
function to(ingresses: Ingress[], url: string): string {
  const at = url.indexOf("/");
  const host = comparableHost(url.slice(0, at))!;
  const route = match(tableOf(ingresses, oneClass), host, comparablePath(url.slice(at))!);
  if (!route) return "-";
  return route.target.kind === "service" ? route.target.service : route.target.what;
}

// The table of upstream's documentation, row by row: https://kubernetes.io/docs/concepts/services-networking/ingress/#examples
const paths: [paths: string[], request: string, wanted: string][] = [
  [["Prefix /"], "/anything/at/all", "Prefix /"],
  [["Exact /foo"], "/foo", "Exact /foo"],
  [["Exact /foo"], "/bar", "-"],
  [["Exact /foo"], "/foo/", "-"],
  [["Exact /foo/"], "/foo", "-"],
  [["Prefix /foo"], "/foo", "Prefix /foo"],
  [["Prefix /foo"], "/foo/", "Prefix /foo"],
  [["Prefix /foo/"], "/foo", "Prefix /foo/"],
  [["Prefix /foo/"], "/foo/", "Prefix /foo/"],
  [["Prefix /aaa/bb"], "/aaa/bbb", "-"],
  [["Prefix /aaa/bbb"], "/aaa/bbb", "Prefix /aaa/bbb"],
  [["Prefix /aaa/bbb/"], "/aaa/bbb", "Prefix /aaa/bbb/"],
  [["Prefix /aaa/bbb"], "/aaa/bbb/", "Prefix /aaa/bbb"],
  [["Prefix /aaa/bbb"], "/aaa/bbb/ccc", "Prefix /aaa/bbb"],
  [["Prefix /aaa/bbb"], "/aaa/bbbxyz", "-"],
  [["Prefix /", "Prefix /aaa"], "/aaa/ccc", "Prefix /aaa"],
  [["Prefix /", "Prefix /aaa", "Prefix /aaa/bbb"], "/aaa/bbb", "Prefix /aaa/bbb"],
  [["Prefix /", "Prefix /aaa", "Prefix /aaa/bbb"], "/ccc", "Prefix /"],
  [["Prefix /aaa"], "/ccc", "-"],
  [["Exact /foo", "Prefix /foo"], "/foo", "Exact /foo"],
  // And what follows from it.
  [["Prefix /foo", "Exact /foo"], "/foo", "Exact /foo"],
  [["Prefix /foo/", "Exact /foo"], "/foo", "Exact /foo"],
  [["Prefix /foo", "Exact /foo"], "/foo/", "Prefix /foo"],
  [["Exact /", "Prefix /"], "/", "Exact /"],
  [["Exact /"], "/index.html", "-"],
  [["Prefix /Foo"], "/foo", "-"],
  [["ImplementationSpecific /foo"], "/foo/bar", "ImplementationSpecific /foo"],
  [["ImplementationSpecific /foo"], "/foobar", "-"],
  // No spelling of a path goes by a rule.
  [["Prefix /", "Prefix /admin"], "/public/../admin", "Prefix /admin"],
  [["Prefix /", "Prefix /admin"], "/%61dmin/x", "Prefix /admin"],
  [["Prefix /", "Prefix /admin"], "//admin", "Prefix /admin"],
  [["Prefix /", "Prefix /admin"], "/./admin", "Prefix /admin"],
  [["Prefix /", "Prefix /admin"], "/x%2f..%2Fadmin/y", "Prefix /admin"],
  [["Prefix /a%20b"], "/a%20b/c", "Prefix /a%20b"],
];
for (const [lines, request, wanted] of paths)
  test(`${lines.join(", ")}: ${request} goes to ${wanted}`, () => {
    const rules = { "web.example.com": lines };
    assert.equal(to([anIngress({ rules })], `web.example.com${request}`), wanted);
  });

const hosts = [
  anIngress({ name: "exact", rules: { "foo.bar.com": ["Prefix /exact"] } }),
  anIngress({ name: "wild", rules: { "*.bar.com": ["Prefix /wild"], "*.com": ["Prefix /com"] } }),
  anIngress({ name: "any", rules: { "": ["Prefix /any"] } }),
];
const requests: [request: string, wanted: string][] = [
  ["foo.bar.com/exact", "Prefix /exact"],
  ["FOO.Bar.com/exact", "Prefix /exact"],
  ["foo.bar.com:8080/exact", "Prefix /exact"],
  ["foo.bar.com./exact", "Prefix /exact"],
  ["foo.bar.com/wild", "-"], // the most particular host decides alone
  ["other.bar.com/wild", "Prefix /wild"],
  ["baz.foo.bar.com/wild", "-"], // one label
  ["baz.foo.bar.com/any", "Prefix /any"],
  ["bar.com/wild", "-"], // not none either
  ["bar.com/com", "Prefix /com"],
  ["com/any", "Prefix /any"],
  ["10.0.0.1/any", "Prefix /any"],
  ["[::1]:80/any", "Prefix /any"],
  ["localhost/any", "Prefix /any"],
  ["foo.bar.com.localhost/exact", "Prefix /exact"],
  ["other.bar.com.localhost/wild", "Prefix /wild"],
  ["nobody.org.localhost/any", "Prefix /any"],
];
for (const [request, wanted] of requests) test(`${request} goes to ${wanted}`, () => assert.equal(to(hosts, request), wanted));

test("a rule for a name below localhost counts before the name without it", () => {
  const both = [
    anIngress({ name: "a", rules: { "web.example.com": ["Prefix /a"] } }),
    anIngress({ name: "b", rules: { "web.example.com.localhost": ["Prefix /"] } }),
  ];
  assert.equal(to(both, "web.example.com.localhost/a"), "Prefix /");
});

test("the default backend of a host is asked before that of all, and both after the rules", () => {
  const own = anIngress({ name: "own", rules: { "a.com": ["Prefix /x"] }, spec: { defaultBackend: toService("rest-of-a") } });
  const all = anIngress({ name: "all", spec: { defaultBackend: toService("rest") } });
  const bare = anIngress({ name: "bare", rules: { "b.com": ["Exact /x"] } });
  const world = [own, all, bare];
  assert.equal(to(world, "a.com/x/y"), "Prefix /x");
  assert.equal(to(world, "a.com/y"), "rest-of-a");
  assert.equal(to(world, "b.com/y"), "rest");
  assert.equal(to(world, "c.com/"), "rest");
  assert.equal(to([own], "c.com/"), "-");
});

test("of two Ingresses that want one path the older has it, and the other is told", () => {
  const young = anIngress({
    name: "a-young",
    born: 9,
    spec: { rules: [{ host: "a.com", http: { paths: [aPath("Prefix /", toService("young"))] } }] },
  });
  const old = anIngress({
    name: "z-old",
    born: 1,
    spec: { rules: [{ host: "a.com", http: { paths: [aPath("Prefix /", toService("old"))] } }] },
  });
  assert.equal(to([young, old], "a.com/"), "old");
  assert.deepEqual(tableOf([young, old], oneClass).shadowed, [
    { ingress: "default/a-young", host: "a.com", path: "/", by: "default/z-old" },
  ]);
});

test("Exact and Prefix of one path do not shadow each other", () => {
  const table = tableOf(
    [anIngress({ name: "a", rules: { h: ["Exact /x"] } }), anIngress({ name: "b", rules: { h: ["Prefix /x"] } })],
    oneClass,
  );
  assert.deepEqual(table.shadowed, []);
});

test("a backend that is no Service is in the table, so that it is answered for", () => {
  const bucket = { resource: { apiGroup: "example.com", kind: "Bucket", name: "static" } };
  const ingress = anIngress({ spec: { rules: [{ host: "a.com", http: { paths: [aPath("Prefix /", bucket)] } }] } });
  assert.equal(to([ingress], "a.com/"), "Bucket static");
});

const ours: [name: string, ingressClassName: string | undefined, annotation: string | undefined, wanted: boolean][] = [
  ["by class", "spoke", undefined, true],
  ["by another class of this controller", "second", undefined, true],
  ["not by the class of another controller", "nginx", undefined, false],
  ["not by a class that does not exist", "nobody", undefined, false],
  ["not without class", undefined, undefined, false],
  ["by annotation", undefined, "spoke", true],
  ["by an annotation that names a class of this controller", undefined, "second", true],
  ["not by another annotation", undefined, "nginx", false],
  ["the class counts before the annotation", "nginx", "spoke", false],
];
for (const [name, ingressClassName, annotation, wanted] of ours)
  test(`an Ingress is ours: ${name}`, () => {
    const classes = new Map(
      [aClass(), aClass("second"), aClass("nginx", "k8s.io/ingress-nginx")].map((each) => [each.metadata.name, each]),
    );
    const annotations = annotation === undefined ? undefined : { "kubernetes.io/ingress.class": annotation };
    assert.equal(
      isOurs(anIngress({ spec: { ingressClassName }, annotations }), (one) => classes.get(one)),
      wanted,
    );
  });

const spellings: [raw: string, wanted: string | undefined][] = [
  ["/", "/"],
  ["/a/b/", "/a/b/"],
  ["/a//b", "/a/b"],
  ["/a/./b/.", "/a/b/"],
  ["/a/b/..", "/a/"],
  ["/a/..", "/"],
  ["/..", undefined],
  ["/a/%2e%2e/%2E%2e/b", undefined],
  ["/%zz", undefined],
  ["/%00", undefined],
  ["/%ff/%61", "/%ff/a"],
  ["/%C3%A9", "/é"],
  ["/.well-known/x", "/.well-known/x"],
  ["*", undefined],
  ["", undefined],
  ["http://x/", undefined],
];
for (const [raw, wanted] of spellings) test(`the path ${raw} is compared as ${wanted}`, () => assert.equal(comparablePath(raw), wanted));

const authorities: [given: string, wanted: string | undefined][] = [
  ["Example.COM:443", "example.com"],
  ["example.com.", "example.com"],
  ["[FE80::1]:80", "[fe80::1]"],
  ["user@example.com", undefined],
  ["a b", undefined],
  ["", undefined],
  ["a:b", undefined],
  ["a/b", undefined],
];
for (const [given, wanted] of authorities)
  test(`the host ${given} is compared as ${wanted}`, () => assert.equal(comparableHost(given), wanted));
