/** What is served of discovery.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { endpointslices } from "./endpoint-slice.ts";
import { endpointSliceRules } from "./endpoint-slice-rules.ts";

export const discoveryKinds: readonly Served[] = [served(endpointslices, endpointSliceRules)];
