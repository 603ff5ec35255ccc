/** What is served of flowcontrol.apiserver.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { flowschemas } from "./flow-schema.ts";
import { flowSchemaRules } from "./flow-schema-rules.ts";
import { prioritylevelconfigurations } from "./priority-level-configuration.ts";
import { priorityLevelConfigurationRules } from "./priority-level-configuration-rules.ts";

export const flowcontrolKinds: readonly Served[] = [
  served(flowschemas, flowSchemaRules),
  served(prioritylevelconfigurations, priorityLevelConfigurationRules),
];
