/** What is served of node.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { runtimeclasses } from "./runtime-class.ts";
import { runtimeClassRules } from "./runtime-class-rules.ts";

export const nodeKinds: readonly Served[] = [served(runtimeclasses, runtimeClassRules)];
