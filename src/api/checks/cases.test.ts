/** What upstream answered to objects that it refused, recorded request by request: ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Served } from "../catalog.ts";
import { decode } from "../decode.ts";
import { applyDefaults } from "../defaults.ts";
import { builtInKinds } from "../kinds.ts";
import type { KubeObject } from "../resource.ts";
import type { AnyObject } from "../rules.ts";
import { statusOfInvalid } from "./problems.ts";
import { validateCreate } from "./validate.ts";

interface Case {
  /** Lower-case plural; the first group that has it. */
  resource: string;
  object: AnyObject;
  message: string;
  /** How many; the first recordings, which are judged as they are, undecoded, have it. */
  causes?: number;
}

const cases = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as Case[];
const resourceOf = (name: string) => builtInKinds.find(({ resource, group }) => resource === name && group !== "events.k8s.io") as Served;

test(`creating what upstream refuses gives its message (${cases.length} recorded answers)`, () => {
  const wrong: object[] = [];
  for (const { resource: name, object, message, causes } of cases) {
    const resource = resourceOf(name);
    const sent: AnyObject = { ...structuredClone(object), apiVersion: resource.apiVersion, kind: resource.kind };
    const own = causes === undefined ? (decode(resource.schema, sent).value as AnyObject) : sent;
    own.metadata = { ...own.metadata, uid: "u", ...(resource.namespaced && { namespace: "default" }) };
    applyDefaults(resource, own as KubeObject);
    if (own.spec?.clusterIP) own.spec.clusterIPs ??= [own.spec.clusterIP];
    resource.writes.prepareForCreate(own, { now: "2026-01-01T00:00:00Z" });
    const errors = validateCreate(resource, own as KubeObject);
    const status = statusOfInvalid(resource.kind, resource.group, own.metadata.name ?? "", errors);
    if (status.message !== message || (causes ?? status.details?.causes?.length) !== status.details?.causes?.length)
      wrong.push({ name, object, theirs: message, ours: status.message });
  }
  assert.deepEqual(wrong, []);
});
