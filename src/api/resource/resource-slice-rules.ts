/** What the server knows of ResourceSlice: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import { internalShape, shownAs } from "../checks/internal-shape.ts";
import { immutable } from "../checks/object-meta.ts";
import { dnsSubdomain } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateNodeSelector } from "../checks/scheduling.ts";
import { NodeSelector } from "../core/references.ts";
import { type AnyObject, rules } from "../rules.ts";
import { fields } from "../select.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ResourceSlice } from "./resource-slice.ts";
import { DeviceAttribute, ResourcePool, ResourceSliceSpec } from "./resource-slice.ts";

export const resourceSliceRules = rules<ResourceSlice>({
  check: {
    create: (slice, problems) => validateSlice(slice, problems),
    update: (slice, old, problems) => validateSlice(slice, problems, old),
  },
  prepare: {
    create: (slice, { now }) => stampTaints(slice, now),
    update: (slice, _old, { now }) => stampTaints(slice, now),
  },
  countsDisabled: true,
  selectable: fields("spec.nodeName", "spec.driver"),
  deletion: { answers: "object" },
  cells: (o, now) => [nameOf(o), o.spec?.nodeName ?? "", o.spec?.driver ?? "", o.spec?.pool?.name ?? "", ageOf(o, now)],
  unselectable: (key) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${key}`,
});

function validateSlice({ spec = {} }: AnyObject, problems: Problems, old?: AnyObject): void {
  checkFields(ResourceSliceSpec, spec, "spec", ["driver"], problems);
  checkFields(ResourcePool, spec.pool ?? {}, "spec.pool", ["name", "resourceSliceCount", "generation"], problems);
  if (old) {
    const was: AnyObject = old.spec ?? {};
    immutable(spec.pool?.name, was.pool?.name, "spec.pool.name", problems, "");
    immutable(spec.driver, was.driver, "spec.driver", problems, "");
    // A pointer: an empty name is another than none.
    if (spec.nodeName !== was.nodeName) problems.invalid("spec.nodeName", spec.nodeName ?? null, "field is immutable");
  }
  validatePlaces(spec, "spec", ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"], problems, {
    none: "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
    several: "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set",
  });
  if (spec.sharedCounters && spec.devices) problems.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed");
  const devices: AnyObject[] = spec.devices ?? [];
  const most = devices.some(isRich) ? 64 : 128;
  if (devices.length > most) problems.tooMany("spec.devices", devices.length, most);
  else {
    checkFields(ResourceSliceSpec, spec, "spec", ["devices"], problems);
    for (const [i, device] of devices.entries())
      validateDevice(device, `spec.devices[${i}]`, spec.perDeviceNodeSelection === true, problems);
  }
  checkFields(ResourceSliceSpec, spec, "spec", ["sharedCounters"], problems);
}

interface Words {
  none: string;
  several: string;
}

const termsOf = NodeSelector.fields.get("nodeSelectorTerms")!.schema;

function validatePlaces(of: AnyObject, at: string, names: readonly string[], problems: Problems, words: Words): void {
  const set: string[] = [];
  for (const name of names) {
    const value = of[name];
    if (value === undefined) continue;
    if (value === "")
      problems.invalid(`${at}.${name}`, value, at === "spec" ? "must be either unset or set to a non-empty string" : "must not be empty");
    else if (value === false) problems.invalid(`${at}.${name}`, value, "must be either unset or set to true");
    else set.push(`\`${name}\``);
    if (name === "nodeName" && value) dnsSubdomain(value, `${at}.${name}`, problems);
    if (name !== "nodeSelector") continue;
    validateNodeSelector(value, `${at}.${name}`, problems);
    const terms = value.nodeSelectorTerms;
    if (at === "spec" && terms?.length !== 1)
      problems.invalid(
        `${at}.${name}.nodeSelectorTerms`,
        terms ? shownAs(termsOf, terms) : null,
        "must have exactly one node selector term",
      );
  }
  if (set.length === 0) problems.required(at, words.none);
  else if (set.length > 1) problems.invalid(at, `{${set.join(", ")}}`, words.several);
}

const isRich = ({ taints, consumesCounters, attributes }: AnyObject) =>
  Boolean(taints?.length || consumesCounters?.length) ||
  Object.values((attributes ?? {}) as AnyObject).some(({ ints, bools, strings, versions }) => ints || bools || strings || versions);

const [mostFacts, mostValues] = [32, 48];

function validateDevice(device: AnyObject, at: string, chooses: boolean, problems: Problems): void {
  const attributes = Object.entries((device.attributes ?? {}) as AnyObject);
  const facts = attributes.length + Object.keys(device.capacity ?? {}).length;
  if (facts > mostFacts) problems.invalid(at, facts, `the total number of attributes and capacities must not exceed ${mostFacts}`);
  let values = 0;
  for (const [name, attribute] of attributes) {
    const lists = ["ints", "bools", "strings", "versions"].flatMap((key) => attribute[key] ?? []);
    values += Math.max(1, lists.length);
    if (attribute.version === "")
      problems.invalid(`${at}.attributes[${name}].version`, "", "must be a string compatible with semver.org spec 2.0.0");
    const given = Object.keys(attribute).length;
    if (given !== 1)
      problems.invalid(
        `${at}.attributes[${name}]`,
        given === 0 ? "" : internalShape(DeviceAttribute, attribute),
        "exactly one value must be specified",
      );
  }
  if (values > mostValues) problems.invalid(at, values, `the total number of attribute values must not exceed ${mostValues}`);
  if (!device.allowMultipleAllocations)
    for (const [name, { requestPolicy }] of Object.entries((device.capacity ?? {}) as AnyObject))
      if (requestPolicy) problems.forbidden(`${at}.capacity[${name}].requestPolicy`, "allowMultipleAllocations must be true");
  if (chooses) {
    const none =
      "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    validatePlaces(device, at, ["nodeName", "nodeSelector", "allNodes"], problems, { none, several: none });
  } else if (device.nodeName !== undefined || device.nodeSelector || device.allNodes !== undefined)
    problems.invalid(
      at,
      null,
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    );
  validateBinding(device, at, problems);
}

function validateBinding({ bindingConditions = [], bindingFailureConditions = [] }: AnyObject, at: string, problems: Problems): void {
  const [good, bad] = [`${at}.bindingConditions`, `${at}.bindingFailureConditions`];
  const twice = (list: string[], i: number) => list.indexOf(list[i]!) < i;
  for (const [i, condition] of bindingConditions.entries()) if (twice(bindingConditions, i)) problems.duplicate(`${good}[${i}]`, condition);
  for (const [i, condition] of bindingFailureConditions.entries()) {
    if (twice(bindingFailureConditions, i)) problems.duplicate(`${bad}[${i}]`, condition);
    if (bindingConditions.includes(condition))
      problems.invalid(`${bad}[${i}]`, condition, "bindingFailureConditions must not overlap with bindingConditions");
  }
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0)
    problems.invalid(good, null, "bindingConditions are required to use bindingFailureConditions");
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0)
    problems.invalid(bad, null, "bindingFailureConditions are required to use bindingConditions");
}

function stampTaints({ spec }: ResourceSlice, now: string): void {
  for (const { taints } of spec?.devices ?? []) for (const taint of taints ?? []) taint.timeAdded ??= now;
}
