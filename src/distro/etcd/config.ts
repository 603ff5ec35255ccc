/** Where the objects of a cluster are, as its description says it. */
export interface EtcdConfig {
  servers: [string, ...string[]];
  /** Spoke runs it: this machine's member. */
  member?: MemberConfig;
}

export interface MemberConfig {
  name: string;
  /** `--initial-cluster`, for its first start; empty: it is not one of the members yet. */
  initial: string;
  /** Whether it begins the cluster of members or joins one. */
  state: "new" | "existing";
  /** Tells the members of a cluster that was put back from those of the one that was lost; absent: the mark of the cluster. */
  token?: string;
}
