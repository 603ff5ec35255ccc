/** What the server knows of Namespace: defaults, what a write may set, what is refused, what tables show. */
import { checkLabelKey } from "#codec/mod.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { labelName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, restore, rules } from "../rules.ts";
import { fields } from "../select.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { Namespace } from "./namespace.ts";

export const namespaceRules = rules<Namespace>({
  names: labelName,
  ownMeta: true,
  counts: false,
  status: () => ({ phase: "Active" }),
  defaults: (object: Namespace) => {
    object.status ??= {};
    object.status.phase ||= "Active";
    if (object.metadata.name) object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  },
  prepare: {
    create(namespace) {
      const spec = (namespace.spec ??= {});
      if (!spec.finalizers?.includes("kubernetes")) spec.finalizers = [...(spec.finalizers ?? []), "kubernetes"];
    },
    update(namespace, old) {
      namespace.spec ??= {};
      restore(namespace.spec, old.spec ?? {}, "finalizers");
    },
    sub: { finalize: (namespace, old) => restore(namespace as AnyObject, old as AnyObject, "status") },
  },
  check: {
    create: validateNamespaceFinalizers,
    update(namespace, old, problems) {
      metaAsNew(namespace, problems, { name: labelName });
      validateNamespaceFinalizers(namespace, problems);
      metaOfUpdate(namespace, old, problems);
    },
    sub: {
      status(next, _old, problems) {
        const { phase } = next.status ?? {};
        const deleting = next.metadata.deletionTimestamp !== undefined;
        if (!deleting && phase !== "Active")
          problems.invalid("status.Phase", phase ?? "", "may only be 'Active' if `deletionTimestamp` is empty");
        if (deleting && phase !== "Terminating")
          problems.invalid("status.Phase", phase ?? "", "may only be 'Terminating' if `deletionTimestamp` is not empty");
      },
      finalize: (next, _old, problems) => validateNamespaceFinalizers(next, problems),
    },
  },
  cells: (o, now) => [nameOf(o), o.status?.phase ?? "", ageOf(o, now)],
  selectable: fields("status.phase"),
  deletion: {
    answers: "object",
    heldBy: ({ spec }) => Boolean(spec?.finalizers?.length),
    marks(namespace) {
      namespace.status = { ...namespace.status, phase: "Terminating" };
    },
  },
});

function validateNamespaceFinalizers(namespace: AnyObject, problems: Problems): void {
  for (const finalizer of namespace.spec?.finalizers ?? []) {
    problems.invalids("spec.finalizers", finalizer, checkLabelKey(finalizer));
    if (!finalizer.includes("/") && !["kubernetes", "foregroundDeletion", "orphan"].includes(finalizer))
      problems.invalid("spec.finalizers", finalizer, "name is neither a standard finalizer name nor is it fully qualified");
  }
}
