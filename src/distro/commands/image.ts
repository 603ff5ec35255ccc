/** `spoke image samples | load FILE… | list`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/mod.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { nodePlace } from "../containerd.ts";
import { listImages, loadArchive } from "../images/load.ts";
import { containerdAnswers } from "../images/provide.ts";
import { buildSamples, samples } from "../images/samples.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";

const usage = "usage: spoke image samples [FOLDER] | load FILE… | list [--name CLUSTER]";

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, {
    name: "image",
    words: "samples [FOLDER] | load FILE… | list",
    about: "Images of the nodes: makes stand-ins for those of the course, loads docker and OCI archives, lists what is there.",
  });
  const [verb, ...rest] = positionals;
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const place = placeOf(values.name);
  if (verb === "samples") {
    const folder = rest[0] ?? join(place.cache, "images");
    const files = await buildSamples(folder, print);
    for (const [at, file] of files.entries()) print(`${file}  ${samples[at].names.join(", ")}  (stand-in, from ${samples[at].from})`);
    return 0;
  }
  if (verb === "load") {
    if (rest.length === 0) throw new Error(usage);
    for (const file of rest) if (!existsSync(file)) throw new Error(`image archive ${file} does not exist`);
    const { nodes } = running(place);
    for (const file of rest) {
      const names = await Promise.all(
        nodes.map(async ({ socket }) => {
          await containerdAnswers(socket, systemClock);
          return loadArchive(socket, file);
        }),
      );
      print(`loaded ${names[0]?.join(", ") || file} on ${nodes.map((node) => node.name).join(", ")}`);
    }
    return 0;
  }
  if (verb === "list") {
    for (const { name, socket } of running(place).nodes) {
      for (const image of await listImages(socket)) print(`${name}  ${image.name}  ${image.size}${image.standIn ? "  (stand-in)" : ""}`);
    }
    return 0;
  }
  throw new Error(usage);
}

function running(place: Place): { cluster: ClusterConfig; nodes: { name: string; socket: string }[] } {
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${place.cluster}" here: start one with spoke up`);
  const nodes = cluster.nodes.map((node) => ({ name: node.name, socket: nodePlace(place, node.name).socket }));
  if (nodes.length === 0) throw new Error(`cluster "${place.cluster}" has simulated nodes only: they hold no images`);
  return { cluster, nodes };
}
