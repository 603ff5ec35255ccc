/** `spoke agent --server URL --token TOKEN`: makes this machine a node of a cluster elsewhere. */
export async function command(): Promise<number> {
  throw new Error("joining a cluster of another machine is not there yet: spoke up --nodes N runs several nodes on this machine");
}
