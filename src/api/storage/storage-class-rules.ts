/** What the server knows of StorageClass: defaults, what a write may set, what is refused, what tables show. */
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { StorageClass } from "./storage-class.ts";

export const storageClassRules = rules<StorageClass>({
  names: subdomainName,
  ownMeta: true,
  counts: false,
  defaults: defaultStorageClass,
  check: {
    create: validateStorageClass,
    update(next, old, problems) {
      metaAsNew(next, problems);
      validateStorageClass(next, problems);
      metaOfUpdate(next, old, problems);
      immutable(next.parameters, old.parameters, "parameters", problems);
      immutable(next.provisioner, old.provisioner, "provisioner", problems, "");
      immutable(next.reclaimPolicy, old.reclaimPolicy, "reclaimPolicy", problems);
      immutable(next.volumeBindingMode, old.volumeBindingMode, "volumeBindingMode", problems);
    },
  },
  cells: (o, now) => {
    const isDefault = o.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
    return [
      isDefault ? `${nameOf(o)} (default)` : nameOf(o),
      o.provisioner,
      o.reclaimPolicy ?? "Delete",
      o.volumeBindingMode ?? "Immediate",
      o.allowVolumeExpansion === true,
      ageOf(o, now),
    ];
  },
  deletion: { answers: "object" },
});

function validateStorageClass(storageClass: AnyObject, problems: Problems): void {
  const { provisioner = "", parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  if (!provisioner) problems.required("provisioner");
  else qualifiedName(provisioner.toLowerCase(), "provisioner", problems);
  for (const key of Object.keys(parameters ?? {})) if (key === "") problems.invalid("parameters", "", "field can not be empty.");
  if (reclaimPolicy && !["Delete", "Retain"].includes(reclaimPolicy))
    problems.notSupported("reclaimPolicy", reclaimPolicy, ["Delete", "Retain"]);
  if (volumeBindingMode === undefined) problems.required("volumeBindingMode");
  else if (!["Immediate", "WaitForFirstConsumer"].includes(volumeBindingMode))
    problems.notSupported("volumeBindingMode", volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
  validateTopologies(allowedTopologies ?? [], problems);
}

function validateTopologies(terms: AnyObject[], problems: Problems): void {
  // Upstream begins with as many empty terms as there are terms: one that is empty is told of each.
  const seen = terms.map(() => "[]");
  for (const [i, { matchLabelExpressions }] of terms.entries()) {
    const at = `allowedTopologies[${i}].matchLabelExpressions`;
    const byKey = new Map<string, string[]>();
    for (const [e, { key = "", ...rest }] of ((matchLabelExpressions ?? []) as AnyObject[]).entries()) {
      const values: string[] = rest.values ?? [];
      if (values.length === 0) problems.required(`${at}[${e}].values`);
      for (const [v, value] of values.entries()) if (values.indexOf(value) < v) problems.duplicate(`${at}[${e}].values[${v}]`, value);
      qualifiedName(key, `${at}[${e}].key`, problems);
      if (byKey.has(key)) problems.duplicate(`${at}[${e}].key`, key);
      byKey.set(key, [...new Set(values)].sort());
    }
    const own = JSON.stringify([...byKey].sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const other of seen) if (other === own) problems.duplicate(at, "");
    seen.push(own);
  }
}

function defaultStorageClass(object: StorageClass): void {
  object.reclaimPolicy ??= "Delete";
  object.volumeBindingMode ??= "Immediate";
}
