/** `spoke kubeconfig`: the administrator's kubeconfig on standard output, for another machine or, from a container, for its host. */
import { readCa, readPem } from "../certificates.ts";
import { readCluster } from "../cluster.ts";
import { serverUrl } from "../join/token.ts";
import { hasControlPlane, serverForOthers, serverFromHere } from "../machines/seat.ts";
import { readOptions, type Usage } from "../options.ts";
import { placeOf } from "../place.ts";
import { kubeconfigText } from "./file.ts";

const usage = {
  name: "kubeconfig",
  about:
    "Prints a kubeconfig of the cluster's administrator. From a container of Spoke it leads to the port of the same number on the container's host; elsewhere to where other machines reach the API server, if they do.",
  options: {
    server: {
      type: "string",
      value: "URL",
      text: "https://HOST:PORT, where the API server is reached from there; one of its own names or addresses",
    },
  },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}: start it with spoke up`);
  if (!hasControlPlane(cluster)) throw new Error(`this machine is a node only: ask where the API server is, ${serverFromHere(cluster)}`);
  const usual = process.env.SPOKE_CONTAINED === "1" ? `https://127.0.0.1:${cluster.port}` : serverForOthers(cluster);
  const server = values.server === undefined ? usual : serverUrl("server", values.server);
  const name = cluster.name;
  process.stdout.write(kubeconfigText(name, `${name}-admin`, { server, ca: readCa(place), ...readPem(place, "admin") }));
  return 0;
}
