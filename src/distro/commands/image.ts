/** `spoke image samples | load FILE… | list | rm NAME…`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/mod.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { nodePlace } from "../containerd.ts";
import { fullName, type Loaded, listImages, loadArchive, type Removed, removeImage } from "../images/load.ts";
import { containerdAnswers } from "../images/provide.ts";
import { buildSamples, samples } from "../images/samples.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";

const usage = "usage: spoke image samples [FOLDER] | load FILE… | list | rm NAME… [--name CLUSTER]";

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, {
    name: "image",
    words: "samples [FOLDER] | load FILE… | list | rm NAME…",
    about:
      "Images of the nodes of this machine: makes stand-ins for those of the course, loads docker and OCI archives (of the latter only what a node does not have), lists what is there, takes names away, and with its last name the image.",
    options: { force: { type: "boolean", text: "rm: though a container is made of it, which goes on and could not be made again" } },
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
      const loaded = await Promise.all(
        nodes.map(async ({ socket }) => {
          await containerdAnswers(socket, systemClock);
          return loadArchive(socket, file);
        }),
      );
      const where = nodes.map(({ name }, at) => name + sentText(loaded[at]!));
      print(`loaded ${loaded[0]?.names.join(", ") || file} on ${where.join(", ")}`);
    }
    return 0;
  }
  if (verb === "list") {
    for (const { name, socket } of running(place).nodes) {
      for (const image of await listImages(socket)) print(`${name}  ${image.name}  ${image.size}${image.standIn ? "  (stand-in)" : ""}`);
    }
    return 0;
  }
  if (verb === "rm") {
    if (rest.length === 0) throw new Error(usage);
    return remove(running(place).nodes, rest, values.force ?? false);
  }
  throw new Error(usage);
}

const sentText = ({ sent }: Loaded): string => (sent ? ` (${sent.blobs} of ${sent.of} parts were not there)` : "");

/** 1: one was nowhere, or is in use. */
async function remove(nodes: readonly { name: string; socket: string }[], names: readonly string[], force: boolean): Promise<number> {
  let failed = false;
  for (const given of names) {
    const name = fullName(given);
    const removed = await Promise.all(nodes.map(({ socket }) => removeImage(socket, name, force)));
    const on = (is: (each: Removed) => boolean) => nodes.flatMap((node, at) => (is(removed[at]!) ? [node.name] : []));
    const used = on((each) => each.found && each.usedBy.length > 0);
    const gone = on((each) => each.found && each.usedBy.length === 0);
    if (gone.length > 0) process.stdout.write(`removed ${name} from ${gone.join(", ")}\n`);
    if (used.length > 0)
      process.stderr.write(`${name}: containers are made of it on ${used.join(", ")}; --force takes it away all the same\n`);
    if (used.length + gone.length === 0) process.stderr.write(`${name}: no node has an image of this name\n`);
    failed ||= gone.length === 0 || used.length > 0;
  }
  return failed ? 1 : 0;
}

function running(place: Place): { cluster: ClusterConfig; nodes: { name: string; socket: string }[] } {
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${place.cluster}" here: start one with spoke up`);
  const nodes = cluster.nodes.map((node) => ({ name: node.name, socket: nodePlace(place, node.name).socket }));
  if (nodes.length === 0) throw new Error(`cluster "${place.cluster}" has simulated nodes only: they hold no images`);
  return { cluster, nodes };
}
