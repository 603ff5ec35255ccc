/** `spoke server`: a control plane for a machine of its own. */
export async function command(): Promise<number> {
  throw new Error(
    "clusters over several machines are not there yet: spoke up runs a whole cluster, of as many nodes as you like, on this machine",
  );
}
