/** Which fields of a resource a field selector may name, and how each is read. */
import type { Resource } from "#api/mod.ts";
import type { FieldRequirement } from "#codec/mod.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import { badRequest } from "../request/errors.ts";

type Read = (object: Stored) => string;

const at = (path: string): Read => {
  const parts = path.split(".");
  return (object) => {
    let value: unknown = object;
    for (const part of parts) value = (value as Record<string, unknown> | undefined)?.[part];
    return value === undefined || value === null ? "" : String(value);
  };
};
const orZero =
  (read: Read): Read =>
  (object) =>
    read(object) || "0";
const orFalse =
  (read: Read): Read =>
  (object) =>
    read(object) || "false";
const paths = (...names: string[]): Record<string, Read> => Object.fromEntries(names.map((name) => [name, at(name)]));
const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const firstOf =
  (...reads: Read[]): Read =>
  (object) =>
    reads.map((read) => read(object)).find((text) => text !== "") ?? "";

const selectable: Record<string, Record<string, Read>> = {
  pods: {
    ...paths(
      "spec.nodeName",
      "spec.restartPolicy",
      "spec.schedulerName",
      "spec.serviceAccountName",
      "status.phase",
      "status.podIP",
      "status.nominatedNodeName",
    ),
    "spec.hostNetwork": orFalse(at("spec.hostNetwork")),
    "status.podIPs": at("status.podIP"),
  },
  nodes: { "spec.unschedulable": orFalse(at("spec.unschedulable")) },
  namespaces: paths("status.phase"),
  secrets: paths("type"),
  services: paths("spec.clusterIP", "spec.type"),
  events: {
    ...paths(...involved.map((name) => `involvedObject.${name}`), "reason", "type"),
    reportingComponent: at("reportingComponent"),
    source: firstOf(at("source.component"), at("reportingComponent")),
  },
  "events.events.k8s.io": {
    ...Object.fromEntries(involved.map((name) => [`regarding.${name}`, at(`involvedObject.${name}`)])),
    ...paths("reason", "type"),
    reportingController: at("reportingComponent"),
  },
  "replicasets.apps": { "status.replicas": orZero(at("status.replicas")) },
  replicationcontrollers: { "status.replicas": orZero(at("status.replicas")) },
  "jobs.batch": { "status.successful": orZero(at("status.succeeded")) },
  "certificatesigningrequests.certificates.k8s.io": paths("spec.signerName"),
  "resourceslices.resource.k8s.io": paths("spec.nodeName", "spec.driver"),
};

/** One test of all requirements; undefined when there are none. `name` is set when the selector pins metadata.name. */
export interface FieldTest {
  matches(record: ObjectRecord): boolean;
  name?: string;
}

export function fieldTest(definition: Resource, requirements: readonly FieldRequirement[]): FieldTest | undefined {
  if (requirements.length === 0) return undefined;
  const own = selectable[definition.group ? `${definition.resource}.${definition.group}` : definition.resource];
  let name: string | undefined;
  const tests = requirements.map(({ field: key, equal, value }) => {
    const read: Read | undefined =
      key === "metadata.name"
        ? (object) => object.metadata.name ?? ""
        : key === "metadata.namespace" && definition.namespaced
          ? (object) => object.metadata.namespace ?? ""
          : own && Object.hasOwn(own, key)
            ? own[key]
            : undefined;
    if (!read)
      throw badRequest(
        own ? `field label not supported: ${key}` : `"${key}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    if (key === "metadata.name" && equal) name = value;
    return (object: Stored) => (read(object) === value) === equal;
  });
  return { name, matches: ({ object }) => tests.every((test) => test(object)) };
}
