export { Cluster, type ClusterOptions, type Network, type NodeSet, type Part, type World } from "./cluster.ts";
export { ensureOwnRoles, type OwnRole } from "./own-roles.ts";
export { simulated } from "./simulated/simulate.ts";
