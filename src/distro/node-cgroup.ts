/** Where the pods of a local node hang in the cgroup tree, apart from every other node's. */
export const cgroupOf = (cluster: string, node: string): string => `/spoke/${cluster}/${node}`;
