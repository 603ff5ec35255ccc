/** What the server knows of Node: defaults, what a write may set, what is refused, what tables show. */

import { familyOf } from "#base/mod.ts";
import { checkLabelValue } from "#codec/mod.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { cidr, isCidr, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateResourceAmount } from "../checks/resources.ts";
import { validateTaintEffect } from "../checks/scheduling.ts";
import type { KubeObject } from "../resource.ts";
import { type AnyObject, rules } from "../rules.ts";
import { field } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, joined, nameOf, orNone } from "../tables/cells.ts";
import type { Node } from "./node.ts";

const nodeAddress = ({ status }: AnyObject, type: string) =>
  orNone((status?.addresses ?? []).find((one: AnyObject) => one.type === type)?.address);

export const nodeRules = rules<Node>({
  names: subdomainName,
  counts: false,
  // The kubelet creates its node with a status.
  status: "sent",
  warn: warningsOfNode,
  defaults: ({ spec, status }: Node) => {
    if (spec) agreeOnRanges(spec);
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  prepare: {
    // Of a feature that is gone; who has it keeps it.
    create: ({ spec }) => delete spec?.configSource,
    update({ spec }, old) {
      if (!old.spec?.configSource) delete spec?.configSource;
    },
  },
  ownMeta: true,
  check: {
    create: createNode,
    update(node, old, problems) {
      metaAsNew(node, problems);
      createNode(node, problems);
      metaOfUpdate(node, old, problems);
      updateNode(node, old, problems);
    },
    sub: {
      status: updateNode,
    },
  },
  cells: (o, now) => [
    nameOf(o),
    nodeStatus(o),
    nodeRoles(o),
    ageOf(o, now),
    o.status?.nodeInfo?.kubeletVersion ?? "",
    nodeAddress(o, "InternalIP"),
    nodeAddress(o, "ExternalIP"),
    o.status?.nodeInfo?.osImage || "<unknown>",
    o.status?.nodeInfo?.kernelVersion || "<unknown>",
    o.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
  ],
  selectable: { "spec.unschedulable": field("spec.unschedulable", "false") },
});

/** The one in the singular is the first of the others, and wins over them. */
function agreeOnRanges(spec: NonNullable<Node["spec"]>): void {
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
}

function warningsOfNode({ spec = {} }: Node): string[] {
  return [
    ...(spec.configSource ? ["spec.configSource: the feature is removed"] : []),
    ...(spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
  ];
}

function createNode(node: AnyObject, problems: Problems): void {
  validateTaints(node.spec?.taints, problems);
  validateNodeResources(node, problems);
  const ranges: string[] = node.spec?.podCIDRs ?? [];
  for (const [i, range] of ranges.entries()) cidr(range, `spec.podCIDRs[${i}]`, problems);
  if (ranges.length < 2) return;
  const bad = ranges.findIndex((range) => !isCidr(range));
  if (bad >= 0)
    problems.internal(
      "spec.podCIDRs",
      `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${ranges[bad]})`,
    );
  if (bad >= 0 || ranges.length > 2 || new Set(ranges.map(familyOf)).size < 2)
    problems.invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family");
}

function validateTaints(taints: AnyObject[] | undefined, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, taint] of (taints ?? []).entries()) {
    const at = `metadata.taints[${i}]`;
    qualifiedName(taint.key ?? "", `${at}.key`, problems);
    const texts = checkLabelValue(taint.value ?? "");
    if (texts.length > 0) problems.invalid(`${at}.value`, taint.value, texts.join(";"));
    validateTaintEffect(taint.effect, `${at}.effect`, problems);
    const key = `${taint.effect}/${taint.key}`;
    if (seen.has(key))
      problems.list.push({
        type: "FieldValueDuplicate",
        field: at,
        badValue: { Key: taint.key, Value: taint.value ?? "", Effect: taint.effect, TimeAdded: taint.timeAdded ?? null },
        detail: "taints must be unique by key and effect pair",
      });
    seen.add(key);
  }
}

function validateNodeResources({ status = {} }: AnyObject, problems: Problems): void {
  for (const part of ["capacity", "allocatable"])
    for (const [name, amount] of Object.entries<string>(status[part] ?? {}))
      validateResourceAmount(name, amount, `status.${part}.${name}`, problems);
}

function updateNode(node: AnyObject, old: AnyObject, problems: Problems): void {
  validateNodeResources(node, problems);
  const addresses: AnyObject[] = node.status?.addresses ?? [];
  for (const [i, address] of addresses.entries())
    if (addresses.findIndex((other) => semanticEqual(other, address)) < i)
      problems.duplicate(`status.addresses[${i}]`, { Type: address.type, Address: address.address });
  const ranges = 'node updates may not change podCIDR except from "" to valid';
  const before: string[] = old.spec?.podCIDRs ?? [];
  const after: string[] = node.spec?.podCIDRs ?? [];
  if (before.length > 0) {
    if (before.length !== after.length) problems.forbidden("spec.podCIDRs", ranges);
    else for (const [i, range] of before.entries()) if (range !== after[i]) problems.forbidden("spec.podCIDRs", ranges);
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID)
    problems.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid');
  validateTaints(node.spec?.taints, problems);
  if ((node.spec?.externalID ?? "") !== (old.spec?.externalID ?? "")) problems.forbidden("spec.externalID", "may not be updated");
}

function nodeStatus({ spec, status }: AnyObject): string {
  const ready = (status?.conditions ?? [])
    .filter(({ type }: AnyObject) => type === "Ready")
    .map((condition: AnyObject) => (condition.status === "True" ? "Ready" : "NotReady"));
  const parts = ready.length ? ready : ["Unknown"];
  if (spec?.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

function nodeRoles({ metadata }: KubeObject): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith("node-role.kubernetes.io/")) roles.add(key.slice("node-role.kubernetes.io/".length));
    else if (key === "kubernetes.io/role" && value) roles.add(value);
  }
  return joined([...roles].filter(Boolean).sort());
}
