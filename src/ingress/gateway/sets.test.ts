import assert from "node:assert/strict";
import { test } from "node:test";
import { aGateway, aListener, aListenerSet, aRoute, aWorld } from "./builders.ts";
import type { Gateway, Listener, ListenerSet } from "./kinds.ts";
import { find } from "./match.ts";
import { type GatewayWorld, planGateways } from "./plan.ts";
import { gatewayStatus, setStatus } from "./status.ts";

const isSo = ({ type, status, reason }: { type: string; status: string; reason: string }) => `${type} ${status} ${reason}`;
const place = { addresses: ["10.89.0.240"], isOpen: () => true };
const letting = (from: string, listeners = [aListener("http 80 a.com")]) =>
  aGateway(listeners, { allowedListeners: { namespaces: { from } } });

/** What the sets are told, each condition of each listener behind its own, and how many the Gateway says it has. */
function toldOf(gateway: Gateway, listenerSets: ListenerSet[], more: Partial<GatewayWorld> = {}) {
  const standing = planGateways(aWorld({ gateways: [gateway], listenerSets, ...more })).standings.get("default/gw")!;
  const sets = standing.sets.map((each) => {
    const { conditions, listeners = [] } = setStatus(each, standing, place, 0);
    return [conditions!.map(isSo), ...listeners.map((of) => of.conditions.map(isSo)[0])];
  });
  return { sets, attached: gatewayStatus(standing, place, 0).attachedListenerSets };
}

const good = ["Accepted True Accepted", "Programmed True Programmed"];
const refused = ["Accepted False NotAllowed", "Programmed False NotAllowed"];
const one = [aListener("http 80 b.com")];
const table: [name: string, gateway: Gateway, set: ListenerSet, told: unknown[]][] = [
  ["of the same namespace", letting("Same"), aListenerSet(one), [good, "Accepted True Accepted"]],
  ["nobody is let in unless it is said", aGateway(one), aListenerSet(one), [refused]],
  ["of another namespace", letting("Same"), aListenerSet(one, { namespace: "other" }), [refused]],
  ["of any namespace", letting("All"), aListenerSet(one, { namespace: "other" }), [good, "Accepted True Accepted"]],
  [
    "the Gateway's own listeners come first",
    letting("Same", one),
    aListenerSet(one),
    [["Accepted False ListenersNotValid", "Programmed False ListenersNotValid"], "Accepted False HostnameConflict"],
  ],
  [
    "one good listener is enough",
    letting("Same"),
    aListenerSet([aListener("tcp 80"), aListener("http 80 b.com")]),
    [["Accepted True ListenersNotValid", "Programmed True Programmed"], "Accepted False ProtocolConflict", "Accepted True Accepted"],
  ],
];
for (const [name, gateway, set, told] of table)
  test(`set of listeners: ${name}`, () => assert.deepEqual(toldOf(gateway, [set]).sets, [told]));

test("of two sets the older one has the hostname, and the Gateway counts those that it lets in", () => {
  const [young, old] = [aListenerSet(one, { name: "young", born: 5 }), aListenerSet(one, { name: "old", born: 1 })];
  const { sets, attached } = toldOf(letting("Same"), [young, old]);
  assert.deepEqual(
    sets.map(([conditions]) => (conditions as string[])[0]),
    ["Accepted True Accepted", "Accepted False ListenersNotValid"],
  );
  assert.equal(attached, 1);
});

test("a route attaches to the set that it names, and not to the Gateway's listeners or the other way", () => {
  const listeners: Listener[] = [aListener("http 80 a.com", { name: "web" })];
  const to = (name: string, parent: object) => aRoute({ name, spec: { parentRefs: [parent as { name: string }] } });
  const routes = [
    to("set", { kind: "ListenerSet", name: "set" }),
    to("gateway", { name: "gw" }),
    to("neither", { name: "gw", sectionName: "http-80-b-com" }),
  ];
  const plan = planGateways(aWorld({ gateways: [letting("Same", listeners)], listenerSets: [aListenerSet(one)], routes }));
  const asked = { path: "/", query: "", method: "GET", fields: [] };
  const taker = (host: string) => find(plan.ports[0]!.lanes, { ...asked, host })?.rule.route;
  assert.deepEqual(["a.com", "b.com"].map(taker), ["default/gateway", "default/set"]);
  assert.deepEqual(
    plan.routes.map(({ route, parents }) => `${route.metadata.name}: ${isSo(parents[0]!.conditions[0]!)}`),
    ["gateway: Accepted True Accepted", "neither: Accepted False NoMatchingParent", "set: Accepted True Accepted"],
  );
});
