import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "#api/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { aGateway, aGatewayClass, aGrant, aListener, aRoute, aRouteOf, aWorld } from "./builders.ts";
import type { Filter, HttpRoute, HttpRule, Listener, Route } from "./kinds.ts";
import { find } from "./match.ts";
import { type GatewayWorld, planGateways } from "./plan.ts";
import { gatewayStatus, routeStatus } from "./status.ts";

const isSo = ({ type, status, reason }: { type: string; status: string; reason: string }) => `${type} ${status} ${reason}`;

/** What the one route's one parent is told. */
function toldOf(
  spec: Partial<HttpRoute["spec"]>,
  listeners: Listener[],
  more: Partial<GatewayWorld> = {},
  namespace = "default",
): string[] {
  const route = aRoute({ namespace, spec });
  const plan = planGateways(aWorld({ gateways: [aGateway(listeners)], routes: [route], ...more }));
  return plan.routes[0]!.parents.flatMap(({ conditions }) => conditions.map(isSo));
}

const http = [aListener("http 80")];
const all = [aListener("http 80", { allowedRoutes: { namespaces: { from: "All" } } })];
const chosen = (name: string) => [
  aListener("http 80", { allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { name } } } } }),
];
const parent = (more: object) => ({ parentRefs: [{ name: "gw", namespace: "default", ...more }] });
const leadsTo = (ref: object): Partial<HttpRoute["spec"]> => ({ rules: [{ backendRefs: [{ name: "web", port: 80, ...ref }] }] });
const filtered = (filter: Filter): Partial<HttpRoute["spec"]> => ({
  rules: [{ filters: [filter], backendRefs: [{ name: "web", port: 80 }] }],
});
const good = ["Accepted True Accepted", "ResolvedRefs True ResolvedRefs"];
const refused = (reason: string) => [`Accepted False ${reason}`, "ResolvedRefs True ResolvedRefs"];
const unresolved = (reason: string) => ["Accepted True Accepted", `ResolvedRefs False ${reason}`];

const told: [name: string, told: string[], expected: string[]][] = [
  ["a route of the Gateway's namespace", toldOf({}, http), good],
  ["by section name", toldOf(parent({ sectionName: "http-80" }), http), good],
  ["no such section", toldOf(parent({ sectionName: "tls" }), http), refused("NoMatchingParent")],
  ["no such port", toldOf(parent({ port: 81 }), http), refused("NoMatchingParent")],
  ["another namespace", toldOf({}, http, {}, "other"), refused("NotAllowedByListeners")],
  ["another namespace that may", toldOf({}, all, {}, "other"), good],
  ["a namespace that is selected", toldOf({}, chosen("other"), {}, "other"), good],
  ["a namespace that is not selected", toldOf({}, chosen("third"), {}, "other"), refused("NotAllowedByListeners")],
  ["no common hostname", toldOf({ hostnames: ["a.com"] }, [aListener("http 80 b.com")]), refused("NoMatchingListenerHostname")],
  ["a hostname that a wildcard covers", toldOf({ hostnames: ["x.y.b.com"] }, [aListener("http 80 *.b.com")]), good],
  ["a Service that is not there", toldOf({}, http, { service: () => undefined }), unresolved("BackendNotFound")],
  ["a port that is not there", toldOf(leadsTo({ port: 81 }), http), unresolved("BackendNotFound")],
  ["a backend of another kind", toldOf(leadsTo({ kind: "Bucket", group: "x.io" }), http), unresolved("InvalidKind")],
  ["a backend of another namespace", toldOf(leadsTo({ namespace: "other" }), http), unresolved("RefNotPermitted")],
  [
    "a backend of another namespace by a grant",
    toldOf(leadsTo({ namespace: "other" }), http, { grants: [aGrant("HTTPRoute", { kind: "Service" })] }),
    good,
  ],
  [
    "a grant for another Service",
    toldOf(leadsTo({ namespace: "other" }), http, { grants: [aGrant("HTTPRoute", { kind: "Service", name: "api" })] }),
    unresolved("RefNotPermitted"),
  ],
  [
    "a mirror of another namespace",
    toldOf(filtered({ type: "RequestMirror", requestMirror: { backendRef: { name: "api", namespace: "other", port: 80 } } }), http),
    unresolved("RefNotPermitted"),
  ],
  ["a filter that is not obeyed", toldOf(filtered({ type: "ExternalAuth" }), http), refused("UnsupportedValue")],
  [
    "a pattern that is none",
    toldOf({ rules: [{ matches: [{ path: { type: "RegularExpression", value: "(" } }] }] }, http),
    refused("UnsupportedValue"),
  ],
  ["a timeout that is none", toldOf({ rules: [{ timeouts: { request: "1y" } }] }, http), refused("UnsupportedValue")],
  ["a Gateway that is not there", toldOf(parent({ name: "none" }), http), []],
];
for (const [name, is, expected] of told) test(`told: ${name}`, () => assert.deepEqual(is, expected));

test("what is not obeyed is named", () => {
  const route = aRoute({ spec: filtered({ type: "ExternalAuth" }) });
  const { routes } = planGateways(aWorld({ gateways: [aGateway(http)], routes: [route] }));
  assert.equal(routes[0]!.parents[0]!.conditions[0]!.message, "not obeyed here: filter ExternalAuth");
});

/** The name of the route that a request to the port takes. */
function taker(routes: HttpRoute[], listeners: Listener[], line: string, fields: string[] = []): string | undefined {
  const [method = "", host = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  const { ports } = planGateways(aWorld({ gateways: [aGateway(listeners)], routes }));
  return find(ports[0]!.lanes, { method, host, path, query, fields })?.rule.route.split("/")[1];
}

const matching = (name: string, matches: HttpRule["matches"], more: Partial<HttpRoute["spec"]> = {}, born = 0) =>
  aRoute({ name, born, spec: { rules: [{ matches, backendRefs: [{ name, port: 80 }] }], ...more } });
const byPath = (name: string, type: string, value: string) => matching(name, [{ path: { type, value } }]);
const several = [
  byPath("root", "PathPrefix", "/"),
  byPath("a", "PathPrefix", "/a"),
  byPath("ab", "PathPrefix", "/a/b/"),
  byPath("exact", "Exact", "/a/b"),
  byPath("pattern", "RegularExpression", "/a/[0-9]+"),
  matching("posts", [{ path: { type: "PathPrefix", value: "/a" }, method: "POST" }]),
  matching("version", [{ path: { type: "PathPrefix", value: "/a" }, headers: [{ name: "Version", value: "2" }] }]),
  matching("colour", [
    {
      path: { type: "PathPrefix", value: "/a" },
      headers: [
        { name: "version", value: "2" },
        { name: "colour", value: "b.*", type: "RegularExpression" },
      ],
    },
  ]),
  matching("animal", [{ path: { type: "PathPrefix", value: "/a" }, queryParams: [{ name: "animal", value: "whale" }] }]),
];
const taken: [line: string, fields: string[], taker: string][] = [
  ["GET h.com /", [], "root"],
  ["GET h.com /ab", [], "root"],
  ["GET h.com /a", [], "a"],
  ["GET h.com /a/x", [], "a"],
  ["GET h.com /a/b", [], "exact"],
  ["GET h.com /a/b/", [], "ab"],
  ["GET h.com /a/b/c", [], "ab"],
  ["GET h.com /a/12", [], "pattern"],
  ["GET h.com /a/12x", [], "a"],
  ["POST h.com /a/x", ["version", "2"], "posts"],
  ["GET h.com /a/x", ["VERSION", "2"], "version"],
  ["GET h.com /a/x", ["VERSION", "2", "Colour", "blue"], "colour"],
  ["GET h.com /a/x?animal=whale", [], "animal"],
  ["GET h.com /a/x?animal=whale", ["version", "2"], "version"],
  ["GET h.com /a/x?animal=dog", [], "a"],
];
for (const [line, fields, expected] of taken)
  test(`match: ${line} ${fields.join(" ")}`, () => assert.equal(taker(several, http, line, fields), expected));

test("of hosts the most particular one is taken, and a listener that covers the host decides alone", () => {
  const routes = [
    matching("any", undefined),
    matching("wild", undefined, { hostnames: ["*.b.com"] }),
    matching("longer", undefined, { hostnames: ["*.x.b.com"] }),
    matching("exact", undefined, { hostnames: ["y.b.com"] }),
  ];
  const of = (host: string, listeners = http, all = routes) => taker(all, listeners, `GET ${host} /`);
  assert.deepEqual(
    ["a.com", "b.com", "z.b.com", "y.b.com", "y.x.b.com"].map((host) => of(host)),
    ["any", "any", "wild", "exact", "longer"],
  );
  const two = [aListener("http 80"), aListener("http 80 own.com")];
  const elsewhere = aRoute({ name: "elsewhere", spec: parent({ sectionName: "http-80" }) });
  assert.deepEqual(
    ["own.com", "a.com"].map((host) => of(host, two, [elsewhere])),
    [undefined, "elsewhere"],
  );
});

test("of equal matches the older route's is taken, then the first by name", () => {
  const one = (name: string, born: number) => matching(name, undefined, {}, born);
  assert.equal(taker([one("young", 5), one("old", 1)], http, "GET h.com /"), "old");
  assert.equal(taker([one("b", 1), one("a", 1)], http, "GET h.com /"), "a");
});

const listenerTable: [name: string, listeners: Listener[], told: string[][]][] = [
  [
    "HTTP",
    http,
    [["Accepted True Accepted", "Conflicted False NoConflicts", "ResolvedRefs True ResolvedRefs", "Programmed True Programmed"]],
  ],
  [
    "a protocol that is not answered",
    [aListener("udp 80")],
    [["Accepted False UnsupportedProtocol", "Conflicted False NoConflicts", "ResolvedRefs True ResolvedRefs", "Programmed False Invalid"]],
  ],
  [
    "a Secret that is not there",
    [aListener("https 443", { tls: { certificateRefs: [{ name: "none" }] } })],
    [["Accepted True Accepted", "Conflicted False NoConflicts", "ResolvedRefs False InvalidCertificateRef", "Programmed False Invalid"]],
  ],
  [
    "a Secret of another namespace",
    [aListener("https 443", { tls: { certificateRefs: [{ name: "cert", namespace: "other" }] } })],
    [["Accepted True Accepted", "Conflicted False NoConflicts", "ResolvedRefs False RefNotPermitted", "Programmed False Invalid"]],
  ],
  [
    "a kind of routes that is not served",
    [aListener("http 80", { allowedRoutes: { kinds: [{ kind: "TCPRoute" }] } })],
    [["Accepted True Accepted", "Conflicted False NoConflicts", "ResolvedRefs False InvalidRouteKinds", "Programmed True Programmed"]],
  ],
  [
    "two of one port and host",
    [aListener("http 80"), aListener("http 80", { name: "twin" })],
    [
      ["Accepted True Accepted", "Conflicted False NoConflicts", "ResolvedRefs True ResolvedRefs", "Programmed True Programmed"],
      [
        "Accepted False HostnameConflict",
        "Conflicted True HostnameConflict",
        "ResolvedRefs True ResolvedRefs",
        "Programmed False HostnameConflict",
      ],
    ],
  ],
];
const tls = (mode: string) => [aListener("tls 443 *.a.com", { tls: { mode } })];
const otherKinds: [name: string, kind: string, listeners: Listener[], spec: Partial<Route["spec"]>, told: string[]][] = [
  ["a GRPCRoute", "GRPCRoute", http, {}, good],
  ["a TLSRoute that is led through", "TLSRoute", tls("Passthrough"), { hostnames: ["x.a.com"] }, good],
  ["a TLSRoute of another host", "TLSRoute", tls("Passthrough"), { hostnames: ["b.com"] }, refused("NoMatchingListenerHostname")],
  ["a TLSRoute at a listener of HTTP", "TLSRoute", http, {}, refused("NotAllowedByListeners")],
  ["an HTTPRoute at a listener of TLS", "HTTPRoute", tls("Passthrough"), { hostnames: ["x.a.com"] }, refused("NotAllowedByListeners")],
  ["a TCPRoute", "TCPRoute", [aListener("tcp 5000")], {}, good],
  ["a TCPRoute with two rules", "TCPRoute", [aListener("tcp 5000")], { rules: [{}, {}] }, refused("UnsupportedValue")],
  ["a UDPRoute", "UDPRoute", [aListener("udp 53")], {}, refused("NotAllowedByListeners")],
];
for (const [name, kind, listeners, spec, expected] of otherKinds)
  test(`told: ${name}`, () => {
    const route = aRouteOf(kind, { backendRefs: [{ name: "web", port: 80 }] }, { spec });
    const { routes } = planGateways(aWorld({ gateways: [aGateway(listeners)], routes: [route] }));
    assert.deepEqual(
      routes[0]!.parents.flatMap(({ conditions }) => conditions.map(isSo)),
      expected,
    );
  });

test("a listener whose kind of routes has no definition is not accepted", () => {
  const { standings } = planGateways(aWorld({ gateways: [aGateway(tls("Passthrough"))], serves: (kind) => kind !== "TLSRoute" }));
  assert.equal(isSo(standings.get("default/gw")!.listeners[0]!.accepted), "Accepted False UnsupportedProtocol");
});

test("a GRPCRoute takes the most particular service and method, and is not merged with HTTPRoutes", () => {
  const one = (name: string, method?: object, headers?: object[]) =>
    aRouteOf("GRPCRoute", { matches: [{ method, headers }], backendRefs: [{ name, port: 80 }] }, { name, born: 1 });
  const routes = [
    one("all"),
    one("service", { service: "a.Shop" }),
    one("method", { method: "Buy" }),
    one("both", { service: "a.Shop", method: "Buy" }),
    one("header", { service: "a.Shop", method: "Buy" }, [{ name: "X-Version", value: "2" }]),
    one("pattern", { type: "RegularExpression", service: "b\\..*", method: "Get.*" }),
  ];
  const of = (path: string, fields?: string[]) => taker(routes as HttpRoute[], http, `POST h.com ${path}`, fields);
  assert.deepEqual(
    ["/a.Shop/Buy", "/a.Shop/Sell", "/c.Shop/Buy", "/c.Shop/Sell", "/b.Shop/GetAll", "/b.Shop/Put"].map((path) => of(path)),
    ["both", "service", "method", "all", "pattern", "all"],
  );
  assert.equal(of("/a.Shop/Buy", ["x-version", "2"]), "header");
  assert.equal(taker(routes as HttpRoute[], http, "GET h.com /a.Shop/Buy"), undefined);
  const world = aWorld({ gateways: [aGateway(http)], routes: [aRoute({ name: "young", born: 2 }), ...routes] });
  const young = planGateways(world).routes.find(({ route }) => route.metadata.name === "young")!;
  assert.equal(isSo(young.parents[0]!.conditions[0]!), "Accepted False Conflicted");
});

const place = { addresses: ["10.89.0.240"], isOpen: () => true };
for (const [name, listeners, expected] of listenerTable)
  test(`listener: ${name}`, () => {
    const { standings } = planGateways(aWorld({ gateways: [aGateway(listeners)] }));
    const status = gatewayStatus(standings.get("default/gw")!, place, 0);
    assert.deepEqual(
      status.listeners?.map(({ conditions }) => conditions.map(isSo)),
      expected,
    );
  });

test("a certificate of another namespace is used by a grant, and is the listener's own", async () => {
  const { cert, key } = await (await testAuthority()).serving("a.com");
  const data = { "tls.crt": Buffer.from(cert).toString("base64"), "tls.key": Buffer.from(key).toString("base64") };
  const secret: Secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "cert", namespace: "other" }, data };
  const gateway = aGateway([aListener("https 443 a.com", { tls: { certificateRefs: [{ name: "cert", namespace: "other" }] } })]);
  const world = aWorld({
    gateways: [gateway],
    secret: (name) => (name === "other/cert" ? secret : undefined),
    grants: [aGrant("Gateway", { kind: "Secret", name: "cert" })],
  });
  assert.deepEqual(
    planGateways(world).ports.map(({ certificates }) => certificates),
    [[{ hostname: "a.com", pem: { cert, key } }]],
  );
});

test("a Gateway counts its routes, is programmed when it has an address, and is refused what cannot be given", () => {
  const status = (gateway = aGateway(http), at = place) => {
    const { standings } = planGateways(aWorld({ gateways: [gateway], routes: [aRoute(), aRoute({ name: "api" })] }));
    return gatewayStatus(standings.get("default/gw")!, at, 0);
  };
  assert.deepEqual(status().conditions?.map(isSo), ["Accepted True Accepted", "Programmed True Programmed"]);
  assert.deepEqual(
    status().listeners?.map(({ attachedRoutes }) => attachedRoutes),
    [2],
  );
  assert.equal(isSo(status(undefined, { ...place, addresses: [] }).conditions![1]!), "Programmed False AddressNotAssigned");
  assert.equal(isSo(status(undefined, { ...place, isOpen: () => false }).conditions![1]!), "Programmed False Pending");
  const asked = aGateway(http, { addresses: [{ type: "IPAddress", value: "192.0.2.1" }] });
  assert.deepEqual(status(asked).conditions?.map(isSo), ["Accepted False UnsupportedAddress", "Programmed False Invalid"]);
});

test("a class of ours is accepted, with parameters refused; Gateways of others are left alone", () => {
  const parametersRef = { group: "x.io", kind: "Parameters", name: "p" };
  const of = (spec: object) => {
    const { classes, standings } = planGateways(aWorld({ classes: [aGatewayClass(spec)], gateways: [aGateway(http)] }));
    return [classes.map(({ accepted }) => isSo(accepted)), standings.size];
  };
  assert.deepEqual(of({}), [["Accepted True Accepted"], 1]);
  assert.deepEqual(of({ parametersRef }), [["Accepted False InvalidParameters"], 0]);
  assert.deepEqual(of({ controllerName: "example.com/other" }), [[], 0]);
});

test("what other controllers said of a route stays, and nothing is said of parents that are not ours", () => {
  const other = { parentRef: { name: "theirs" }, controllerName: "example.com/other", conditions: [] };
  const route: HttpRoute = { ...aRoute(), status: { parents: [other] } };
  const { routes } = planGateways(aWorld({ gateways: [aGateway(http)], routes: [route] }));
  assert.deepEqual(
    routeStatus(route, routes[0]!.parents, 0)?.parents?.map(({ controllerName }) => controllerName),
    ["example.com/other", "spoke.dev/gateway"],
  );
  assert.equal(routeStatus(route, [], 0), undefined);
});
