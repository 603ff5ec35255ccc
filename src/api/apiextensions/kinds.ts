/** What is served of apiextensions.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { customresourcedefinitions } from "./custom-resource-definition.ts";
import { customResourceDefinitionRules } from "./custom-resource-definition-rules.ts";

export const apiextensionsKinds: readonly Served[] = [served(customresourcedefinitions, customResourceDefinitionRules)];
