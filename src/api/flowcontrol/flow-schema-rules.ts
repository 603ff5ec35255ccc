/** What the server knows of FlowSchema: defaults, what a write may set, what is refused, what tables show. */

import type { AnyObject } from "../rules.ts";
import { rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { FlowSchema } from "./flow-schema.ts";

export const flowSchemaRules = rules<FlowSchema>({
  status: () => ({}),
  statusKeeps: "all",
  defaults: ({ spec }: FlowSchema) => {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  cells: (o, now) => {
    const dangling = (o.status?.conditions ?? []).find((condition: AnyObject) => condition.type === "Dangling");
    return [
      nameOf(o),
      o.spec?.priorityLevelConfiguration?.name ?? "",
      o.spec?.matchingPrecedence ?? 0,
      o.spec?.distinguisherMethod?.type ?? none,
      ageOf(o, now),
      dangling?.status ?? "?",
    ];
  },
});
