/** What upstream answered to objects that it refused, recorded request by request: ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Served } from "../catalog.ts";
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
  causes: number;
}

const cases = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as Case[];
const resourceOf = (name: string) => builtInKinds.find(({ resource, group }) => resource === name && group !== "events.k8s.io") as Served;

test(`creating what upstream refuses gives its message (${cases.length} recorded answers)`, () => {
  for (const { resource: name, object, message, causes } of cases) {
    const resource = resourceOf(name);
    const own: AnyObject = { ...structuredClone(object), apiVersion: resource.apiVersion, kind: resource.kind };
    own.metadata = { ...own.metadata, uid: "u", ...(resource.namespaced && { namespace: "default" }) };
    applyDefaults(resource, own as KubeObject);
    if (own.spec?.clusterIP) own.spec.clusterIPs ??= [own.spec.clusterIP];
    resource.writes.prepareForCreate(own, { now: "2026-01-01T00:00:00Z" });
    const errors = validateCreate(resource, own as KubeObject);
    const status = statusOfInvalid(resource.kind, resource.group, own.metadata.name ?? "", errors);
    assert.equal(status.message, message, `${name} ${JSON.stringify(object)}`);
    assert.equal(status.details?.causes?.length, causes, `${name} ${JSON.stringify(object)}`);
  }
});
