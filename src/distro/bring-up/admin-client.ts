/** The administrator at the machine of the control plane, with a whole client: for commands that change what the cluster holds. */
import { type Client, createClient, httpTransport } from "#client/mod.ts";
import { readCa, readPem } from "../certificates.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { hasControlPlane, serverFromHere } from "../machines/seat.ts";
import { type Place, placeOf } from "../place.ts";

const answerMs = 20_000;

export interface Admin {
  place: Place;
  cluster: ClusterConfig;
  client: Client;
}

export async function withAdmin<T>(name: string, userAgent: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const place = placeOf(name);
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${name}" in ${place.state}: start it with spoke up`);
  if (!hasControlPlane(cluster)) throw new Error(`this machine is a node only: do it where the API server is, ${serverFromHere(cluster)}`);
  const server = serverFromHere(cluster);
  const transport = httpTransport({ server, ca: readCa(place), ...readPem(place, "admin"), userAgent, timeoutMs: answerMs });
  try {
    return await work({ place, cluster, client: createClient(transport) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED")
      throw new Error(`the API server of "${name}" does not answer: start it with spoke ${cluster.machine ? "server" : "up"}`, {
        cause: error,
      });
    throw error;
  } finally {
    await transport.close();
  }
}
