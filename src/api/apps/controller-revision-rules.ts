/** What the server knows of ControllerRevision: defaults, what a write may set, what is refused, what tables show. */
import { immutable, subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { nonNegative } from "../checks/primitives.ts";
import type { AnyObject } from "../rules.ts";
import { rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { ControllerRevision } from "./controller-revision.ts";

export const controllerRevisionRules = rules<ControllerRevision>({
  names: subdomainName,
  counts: false,
  check: {
    create({ data, revision }, problems) {
      if (data === undefined || data === null) problems.required("data", "data is mandatory");
      else if (typeof data !== "object" || Array.isArray(data)) problems.required("data", "data must be a valid JSON object");
      nonNegative(revision, "revision", problems);
    },
    update(next, old, problems) {
      validateObjectMeta(next.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
      nonNegative(next.revision, "revision", problems);
      immutable(next.data, old.data, "data", problems);
    },
  },
  cells: (o, now) => {
    const owner = (o.metadata.ownerReferences ?? []).find((reference: AnyObject) => reference.controller);
    return [
      nameOf(o),
      owner ? `${String(owner.kind).toLowerCase()}.${String(owner.apiVersion).split("/")[0]}/${owner.name}` : none,
      o.revision ?? 0,
      ageOf(o, now),
    ];
  },
});
