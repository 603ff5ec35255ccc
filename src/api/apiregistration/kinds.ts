/** What is served of apiregistration.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { apiservices } from "./api-service.ts";
import { apiServiceRules } from "./api-service-rules.ts";

export const apiregistrationKinds: readonly Served[] = [served(apiservices, apiServiceRules)];
