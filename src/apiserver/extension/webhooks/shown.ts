/** The object of a request in the form that a webhook knows it, and the way back for what it changes. */
import type { KubeObject, Served } from "#api/mod.ts";
import { convertedTo } from "../../catalog/conversions.ts";
import type { Attributes } from "../../contract.ts";
import type { ObjectRecord, Stored } from "../../read/record.ts";
import { decodeAs, setDefaults } from "../../request/body.ts";
import { scaleOf } from "../../subresources/scale.ts";
import type { GroupVersionKind } from "./review.ts";

export interface Shown {
  kind: GroupVersionKind;
  requestKind: GroupVersionKind;
  object: object | undefined;
  oldObject: object | undefined;
  /** Puts what a webhook made of the object into the request. */
  take(changed: object): void;
}

const connectKinds: Readonly<Record<string, string>> = {
  "pods/exec": "PodExecOptions",
  "pods/attach": "PodAttachOptions",
  "pods/portforward": "PodPortForwardOptions",
  "pods/proxy": "PodProxyOptions",
  "services/proxy": "ServiceProxyOptions",
  "nodes/proxy": "NodeProxyOptions",
};
const flags = new Set(["stdin", "stdout", "stderr", "tty"]);

export function shownTo(served: Served, attributes: Attributes): Shown {
  const { operation, subresource } = attributes;
  if (operation === "CONNECT") return connection(attributes);
  if (subresource === "scale") return scale(served, attributes);
  const { group, version, kind } = attributes.kind;
  const own = kind !== served.kind;
  if (own) return plain(attributes, { group, version, kind });
  return whole(served, attributes, { group, version, kind });
}

/** The body of a subresource that has a kind of its own: a Binding, an Eviction. */
function plain(attributes: Attributes, kind: GroupVersionKind): Shown {
  const { object, oldObject } = attributes;
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  return {
    kind,
    requestKind: kind,
    object: object && { ...object, kind: kind.kind, apiVersion },
    oldObject: attributes.operation === "CREATE" ? undefined : oldObject,
    take: (changed) => {
      attributes.object = changed as KubeObject;
    },
  };
}

function whole(served: Served, attributes: Attributes, requestKind: GroupVersionKind): Shown {
  const asked = attributes.definition as Served;
  const show = (object: KubeObject | undefined) =>
    object && (served === asked ? headed(served, object) : convertedTo(served, asked, object as Stored));
  const { group, version, kind } = served;
  return {
    kind: { group, version, kind },
    requestKind,
    object: show(attributes.object),
    oldObject: show(attributes.oldObject),
    take(changed) {
      const { object } = decodeAs(served, changed, "Ignore");
      setDefaults(served, object);
      headed(served, object);
      attributes.object = served === asked ? headed(served, object) : convertedTo(asked, served, object);
    },
  };
}

const headed = <T extends KubeObject>({ apiVersion, kind }: Served, object: T): T => ({ ...object, apiVersion, kind });

/** A scale changes the whole object, of which a webhook sees the scale alone. */
function scale(served: Served, attributes: Attributes): Shown {
  const of = (object: KubeObject | undefined) => object && scaleOf(served, { object } as ObjectRecord);
  const kind = { group: "autoscaling", version: "v1", kind: "Scale" };
  return {
    kind,
    requestKind: kind,
    object: of(attributes.object),
    oldObject: of(attributes.oldObject),
    take(changed) {
      const replicas = (changed as { spec?: { replicas?: number } }).spec?.replicas ?? 0;
      const object = attributes.object as KubeObject & { spec?: object };
      attributes.object = { ...object, spec: { ...object.spec, replicas } } as KubeObject;
    },
  };
}

function connection(attributes: Attributes): Shown {
  const { resource, subresource, options } = attributes;
  const kind = { group: "", version: "v1", kind: connectKinds[`${resource}/${subresource}`] ?? "" };
  const object: Record<string, unknown> = { kind: kind.kind, apiVersion: "v1" };
  for (const [key, value] of Object.entries(options)) {
    if (flags.has(key)) object[key] = value === "true" || value === "1";
    else if (key === "command") object[key] = [value].flat();
    else if (key === "ports") object[key] = [value].flat().map(Number);
    else object[key] = value;
  }
  return { kind, requestKind: kind, object, oldObject: undefined, take: () => {} };
}
