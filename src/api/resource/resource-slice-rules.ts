/** What the server knows of ResourceSlice: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import { dnsSubdomain } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateNodeSelector } from "../checks/scheduling.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import { fields } from "../select.ts";
import type { ResourceSlice } from "./resource-slice.ts";
import { ResourcePool, ResourceSliceSpec } from "./resource-slice.ts";

export const resourceSliceRules = rules<ResourceSlice>({
  check: always(validateSlice),
  prepare: {
    create: (slice, { now }) => stampTaints(slice, now),
    update: (slice, _old, { now }) => stampTaints(slice, now),
  },
  selectable: fields("spec.nodeName", "spec.driver"),
  deletion: { answers: "object" },
});

function validateSlice({ spec = {} }: AnyObject, problems: Problems): void {
  checkFields(ResourceSliceSpec, spec, "spec", ["driver"], problems);
  checkFields(ResourcePool, spec.pool ?? {}, "spec.pool", ["name", "resourceSliceCount", "generation"], problems);
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

function validatePlaces(of: AnyObject, at: string, names: readonly string[], problems: Problems, words: Words): void {
  const set: string[] = [];
  for (const name of names) {
    const value = of[name];
    if (value === undefined) continue;
    if (value === "") problems.invalid(`${at}.${name}`, value, "must be either unset or set to a non-empty string");
    else if (value === false) problems.invalid(`${at}.${name}`, value, "must be either unset or set to true");
    else set.push(`\`${name}\``);
    if (name === "nodeName" && value) dnsSubdomain(value, `${at}.${name}`, problems);
    if (name !== "nodeSelector") continue;
    validateNodeSelector(value, `${at}.${name}`, problems);
    const terms = value.nodeSelectorTerms;
    if (at === "spec" && terms?.length !== 1)
      problems.invalid(`${at}.${name}.nodeSelectorTerms`, terms ?? null, "must have exactly one node selector term");
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
    const given = Object.keys(attribute).length;
    if (given !== 1) problems.invalid(`${at}.attributes[${name}]`, given === 0 ? "" : attribute, "exactly one value must be specified");
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
}

function stampTaints({ spec }: ResourceSlice, now: string): void {
  for (const { taints } of spec?.devices ?? []) for (const taint of taints ?? []) taint.timeAdded ??= now;
}
