/** Events are stored as core/v1 names their fields and are served as events.k8s.io/v1 names them. */
import type { AnyObject } from "../rules.ts";

/** Field names of core/v1 Events and of events.k8s.io/v1 Events, where they differ. */
const eventNames: [string, string][] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];
function renamed(object: AnyObject, names: Map<string, string>, apiVersion: string): AnyObject {
  const out = {} as Record<string, unknown>;
  for (const [key, value] of Object.entries(object)) out[names.get(key) ?? key] = value;
  out.apiVersion = apiVersion;
  return out as AnyObject;
}

const toNew = new Map(eventNames);
const toOld = new Map(eventNames.map(([core, own]) => [own, core]));

/** core/v1 shows who reported though nobody is named; events.k8s.io/v1 leaves it out then. */
export function withNewNames(object: AnyObject): AnyObject {
  const out = renamed(object, toNew, "events.k8s.io/v1");
  for (const name of ["reportingController", "reportingInstance"]) if (out[name] === "") delete out[name];
  return out;
}
export const withOldNames = (object: AnyObject) => renamed(object, toOld, "v1");
