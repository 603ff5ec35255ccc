/** What is served of coordination.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { leases } from "./lease.ts";
import { leaseRules } from "./lease-rules.ts";

export const coordinationKinds: readonly Served[] = [served(leases, leaseRules)];
