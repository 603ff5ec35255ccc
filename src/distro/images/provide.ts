/** At `up`: where registries do not answer, nodes get the stand-ins, and the user is told plainly. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Clock } from "#base/mod.ts";
import { run, tryRun } from "#linux/mod.ts";
import { type ClusterConfig, writeCluster } from "../cluster.ts";
import { nodePlace } from "../containerd.ts";
import type { Place } from "../place.ts";
import { spokeArgv } from "../processes.ts";
import type { Progress } from "../progress.ts";
import { labelStandIn, loadArchive } from "./load.ts";
import { samples } from "./samples.ts";

const lookMs = 1500;

export async function provideImages(place: Place, cluster: ClusterConfig, clock: Clock, progress: Progress): Promise<void> {
  const asked = cluster.standIns === undefined;
  if (asked) {
    cluster.standIns = !(await registriesAnswer(clock));
    writeCluster(place, cluster);
  }
  if (!cluster.standIns) return;
  const { say } = progress;
  const files = await progress.during("making stand-in images", () => buildAside(join(place.cache, "images"), say));
  const loaded = await progress.during("loading images", (at) => {
    const total = cluster.nodes.length * files.length;
    let done = 0;
    at(done, total);
    const one = () => at(++done, total);
    return Promise.all(cluster.nodes.map((node) => loadInto(place, node.name, files, clock, one)));
  });
  if (loaded.some(Boolean)) say(`registries do not answer: loaded stand-ins for ${samples.flatMap((sample) => sample.names).join(", ")}`);
}

/** In a process of its own: hashing and writing 150 MB would hold up everything else that `up` does. */
async function buildAside(folder: string, say: (line: string) => void): Promise<string[]> {
  const made = await run(spokeArgv(["image", "samples", folder]), { timeoutMs: 900_000 });
  for (const line of made.split("\n")) if (line.startsWith("made ")) say(line);
  return samples.map((sample) => join(folder, sample.file));
}

/** Loads what this node does not have yet; true when something was loaded. */
async function loadInto(place: Place, node: string, files: string[], clock: Clock, one: () => void): Promise<boolean> {
  const { socket, state } = nodePlace(place, node);
  const mark = join(state, "stand-ins");
  const wanted = files.map((file) => readFileSync(`${file}.made-of`, "utf8")).join("\n");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return false;
  await containerdAnswers(socket, clock);
  for (const file of files) {
    await labelStandIn(socket, (await loadArchive(socket, file)).names);
    one();
  }
  writeFileSync(mark, wanted);
  return true;
}

export async function containerdAnswers(socket: string, clock: Clock, patienceMs = 300_000): Promise<void> {
  const end = clock.monotonic() + patienceMs;
  while (!existsSync(socket) || (await tryRun(["ctr", "--address", socket, "--connect-timeout", "1s", "version"])).code !== 0) {
    if (clock.monotonic() > end)
      throw new Error(`containerd at ${socket} did not answer within ${patienceMs / 1000} s: see its log (spoke logs)`);
    await clock.sleep(20);
  }
}

/** Asks the two that the samples come from; one answer is enough. */
async function registriesAnswer(clock: Clock): Promise<boolean> {
  const answers = ["registry.k8s.io", "registry-1.docker.io"].map(
    (host) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port: 443 });
        const timer = clock.after(lookMs, () => done(false));
        const done = (answered: boolean) => {
          timer.cancel();
          socket.destroy();
          resolve(answered);
        };
        socket.once("connect", () => done(true));
        socket.once("error", () => done(false));
      }),
  );
  return (await Promise.all(answers)).some(Boolean);
}
