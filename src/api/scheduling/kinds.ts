/** What is served of scheduling.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { priorityclasses } from "./priority-class.ts";
import { priorityClassRules } from "./priority-class-rules.ts";

export const schedulingKinds: readonly Served[] = [served(priorityclasses, priorityClassRules)];
