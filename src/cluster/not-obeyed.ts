/**
 * Fields that are served, and that no part of this cluster obeys yet: who sets one is told what happens instead. A line goes with
 * the change that brings the thing; docs/not-obeyed.md lists these and whatever is refused or passed on.
 */
import { type AnyObject, builtInKinds, type KubeObject } from "#api/mod.ts";

interface Row {
  /** `pods`, `leases.coordination.k8s.io`; "template": every kind that has pods, and Pods. */
  of: string;
  /** The values that are told of; a change of them is told again. */
  what(object: AnyObject): unknown;
  text: string;
}

const rows: readonly Row[] = [
  {
    of: "template",
    what: (spec) => devicesOf(spec),
    text: "volumeDevices are not given to containers in this cluster yet: volumes of mode Block cannot be used",
  },
];

function devicesOf({ containers = [], initContainers = [] }: AnyObject): unknown {
  const devices = [...containers, ...initContainers].flatMap(({ volumeDevices = [] }: AnyObject) => volumeDevices);
  return devices.length > 0 ? devices : undefined;
}

const kinds = new Map(builtInKinds.map((kind) => [kind.id, kind]));

/** `old`: what was stored before; absent when the object is new. */
export function notObeyed(id: string, subresource: string, next: KubeObject, old: KubeObject | undefined): string[] {
  if (subresource !== "") return [];
  const podOf = (object: KubeObject): AnyObject | undefined =>
    id === "pods" ? (object as AnyObject).spec : kinds.get(id)?.rules.template?.(object)?.spec;
  const texts: string[] = [];
  for (const { of, what, text } of rows) {
    if (of !== id && of !== "template") continue;
    const [now, before] = [next, old].map((object) => {
      const part = object && (of === "template" ? podOf(object) : object);
      return part && what(part);
    });
    if (now !== undefined && JSON.stringify(now) !== JSON.stringify(before)) texts.push(text);
  }
  return texts;
}
