/** What an Event must say, in the names of core/v1; newer Events are held to more. */
import { isDeepStrictEqual } from "node:util";
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { EventSource } from "../../core/event.ts";
import { ObjectReference } from "../../core/references.ts";
import type { AnyObject } from "../../rules.ts";
import { internalShape } from "../internal-shape.ts";
import { metaOfUpdate } from "../meta-of-kind.ts";
import { subdomainName, validateObjectMeta } from "../object-meta.ts";
import { qualifiedName } from "../primitives.ts";
import type { Problems } from "../problems.ts";

const longest = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** `controller`: how the version of the request calls the reporting controller. */
export function validateOldEvent(event: AnyObject, controller: string, problems: Problems): void {
  const { metadata, involvedObject = {}, eventTime, reportingComponent = "" } = event;
  const own = metadata.namespace ?? "";
  const of = involvedObject.namespace ?? "";
  const apart = () => problems.invalid("involvedObject.namespace", of, "does not match event.namespace");
  const tooLong = (name: keyof typeof longest) => {
    if (Buffer.byteLength(event[name] ?? "") > longest[name]) problems.invalid(name, "", `can have at most ${longest[name]} characters`);
  };
  if (!eventTime) {
    if (of === "" ? own !== "" && own !== "default" : of !== own) apart();
  } else {
    if (of === "" && own !== "default" && own !== "kube-system") apart();
    if (!reportingComponent) problems.required(controller);
    qualifiedName(reportingComponent, controller, problems);
    for (const name of ["reportingInstance", "action", "reason"] as const) {
      if (!event[name]) problems.required(name);
      tooLong(name);
    }
    tooLong("message");
  }
  problems.invalids("namespace", own, checkDns1123Subdomain(own));
}

/** Of events.k8s.io, when one is made. */
export function validateNewEvent(event: AnyObject, problems: Problems): void {
  validateOldEvent(event, "reportingController", problems);
  validateObjectMeta(event.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
  validateSeries(event.series, problems);
  if (!event.eventTime) problems.required("eventTime");
  if (event.type !== "Normal" && event.type !== "Warning") problems.invalid("type", "", `has invalid value: ${event.type ?? ""}`);
  for (const name of ["firstTimestamp", "lastTimestamp", "count"]) if (event[name]) problems.invalid(name, "", "needs to be unset");
  if (event.source?.component || event.source?.host) problems.invalid("source", "", "needs to be unset");
}

function validateSeries(series: AnyObject | undefined, problems: Problems): void {
  if (!series) return;
  if ((series.count ?? 0) < 2) problems.invalid("series.count", "", "should be at least 2");
  if (!series.lastObservedTime) problems.required("series.lastObservedTime");
}

const frozen = ["involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type"] as const;
const frozenLast = ["eventTime", "action", "related", "reportingController", "reportingInstance"] as const;

/** As upstream's internal type shows it: absent texts are empty ones. */
function shownMember(key: string, value: unknown): unknown {
  if (key === "source") return internalShape(EventSource, (value ?? {}) as object);
  if (key === "involvedObject" || (key === "related" && value)) return internalShape(ObjectReference, (value ?? {}) as object);
  const isText = ["action", "reportingComponent", "reportingInstance", "reason", "message", "type"].includes(key);
  return value ?? (isText ? "" : null);
}

/** Of events.k8s.io, when one is changed: its series may grow, and little else. */
export function validateNewEventUpdate(event: AnyObject, old: AnyObject, problems: Problems): void {
  validateOldEvent(event, "reportingController", problems);
  metaOfUpdate(event, old, problems);
  if (!isDeepStrictEqual(event.series, old.series)) validateSeries(event.series, problems);
  for (const name of [...frozen, ...frozenLast]) {
    const key = name === "reportingController" ? "reportingComponent" : name;
    if (!isDeepStrictEqual(event[key] ?? null, old[key] ?? null))
      problems.invalid(name, shownMember(key, event[key]), "field is immutable");
  }
}
