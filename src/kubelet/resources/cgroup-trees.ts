/** Where this machine counts and limits: the trees of its control groups, of v1 or of v2. */

/** Where controllers are mounted: of v1 each in a tree of its own, of v2 all in one. */
export interface CgroupTrees {
  version: 1 | 2;
  cpu?: string;
  /** Counts CPU time, in v1. */
  cpuacct?: string;
  memory?: string;
  /** Counts processes. */
  pids?: string;
}
