/** What tables show of a ComponentStatus; nothing of the kind is written. */
import { rules } from "../rules.ts";
import { nameOf } from "../tables/cells.ts";
import type { ComponentStatus } from "./component-status.ts";

const words: Record<string, string> = { True: "Healthy", False: "Unhealthy" };

export const componentStatusRules = rules<ComponentStatus>({
  cells(object) {
    const health = object.conditions?.find(({ type }) => type === "Healthy");
    return [nameOf(object), words[health?.status ?? ""] ?? "Unknown", health?.message ?? "", health?.error ?? ""];
  },
});
