/** What the server knows of PriorityClass: defaults, what a write may set, what is refused, what tables show. */
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { PriorityClass } from "./priority-class.ts";

export const priorityClassRules = rules<PriorityClass>({
  names: subdomainName,
  // Starts at 1 and never grows.
  counts: [],
  defaults: (object: PriorityClass) => {
    object.preemptionPolicy ??= "PreemptLowerPriority";
  },
  check: {
    create({ metadata, value = 0, preemptionPolicy }, problems) {
      const system: Record<string, number> = { "system-node-critical": 2000001000, "system-cluster-critical": 2000000000 };
      if (metadata.name?.startsWith("system-")) {
        if (system[metadata.name] !== value)
          problems.forbidden(
            "metadata.name",
            "priority class names with 'system-' prefix are reserved for system use only. error: " +
              (metadata.name in system
                ? `value of ${metadata.name} PriorityClass must be ${system[metadata.name]}`
                : `${metadata.name} is not a known system priority class`),
          );
      } else if (value > 1000000000) problems.forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
      if (preemptionPolicy === "") problems.required("preemptionPolicy");
      else if (preemptionPolicy !== undefined && !["Never", "PreemptLowerPriority"].includes(preemptionPolicy))
        problems.notSupported("preemptionPolicy", preemptionPolicy, ["PreemptLowerPriority", "Never"]);
    },
    update(next, old, problems) {
      if ((next.value ?? 0) !== (old.value ?? 0)) problems.forbidden("value", "may not be changed in an update.");
      immutable(next.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy", problems);
    },
  },
  cells: (o, now) => [nameOf(o), o.value ?? 0, o.globalDefault === true, ageOf(o, now), o.preemptionPolicy ?? ""],
});
