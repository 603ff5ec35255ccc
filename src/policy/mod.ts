/** NetworkPolicies → rules of one node. */
export { PolicyCompiler, type PolicyInput, type PolicyOptions, type StandIn } from "./compile.ts";
export { type Policies, startPolicies } from "./policies.ts";
