/** What the server knows of StorageClass: defaults, what a write may set, what is refused, what tables show. */
import { checkLabelKey } from "#codec/mod.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { StorageClass } from "./storage-class.ts";

export const storageClassRules = rules<StorageClass>({
  names: subdomainName,
  counts: false,
  defaults: defaultStorageClass,
  check: {
    create: validateStorageClass,
    update(next, old, problems) {
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
  const { provisioner = "", parameters, reclaimPolicy, volumeBindingMode } = storageClass;
  if (!provisioner) problems.required("provisioner");
  else problems.invalids("provisioner", provisioner, checkLabelKey(provisioner.toLowerCase()));
  for (const key of Object.keys(parameters ?? {})) if (key === "") problems.invalid("parameters", "", "field can not be empty.");
  if (reclaimPolicy !== undefined && !["Delete", "Retain"].includes(reclaimPolicy))
    problems.notSupported("reclaimPolicy", reclaimPolicy, ["Delete", "Retain"]);
  if (volumeBindingMode === undefined) problems.required("volumeBindingMode");
  else if (!["Immediate", "WaitForFirstConsumer"].includes(volumeBindingMode))
    problems.notSupported("volumeBindingMode", volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
}

function defaultStorageClass(object: StorageClass): void {
  object.reclaimPolicy ??= "Delete";
  object.volumeBindingMode ??= "Immediate";
}
