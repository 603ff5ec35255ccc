/** `spoke status`: what runs. Exit code 0 when everything that should run does, 1 otherwise, 3 when there is no cluster. */
import { existsSync, readFileSync } from "node:fs";
import { ask, type NodeState, nodeStates } from "../admin.ts";
import { clusterNames, readCluster } from "../cluster.ts";
import { serversOf } from "../etcd/member.ts";
import { serverNow } from "../machines/api-servers.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { keeperOf, processesOf, runningId, stoppedMark, supervisorOf, writesToJournal } from "../processes.ts";

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, {
    name: "status",
    about: "Says what runs. Exit code 0: all that should; 1: not all of it; 3: there is no cluster.",
  });
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  if (!cluster) {
    const others = clusterNames();
    print(
      `There is no cluster "${values.name}" here${others.length > 0 ? `; there are: ${others.join(", ")}` : ": start one with spoke up"}.`,
    );
    return 3;
  }
  const specs = [...processesOf(place, cluster), supervisorOf(place), keeperOf(place)];
  const running = specs.filter((spec) => runningId(spec));
  if (running.length === 0 || existsSync(stoppedMark(place))) {
    print(
      `Cluster "${cluster.name}" is stopped${running.length > 0 ? `, but ${running.length} of its processes run` : ""}. State: ${place.state}. Start it with: spoke up`,
    );
    return 1;
  }
  print(
    `Cluster "${cluster.name}"   ${serverNow(place, cluster)}   state: ${place.state}${cluster.etcd ? `   etcd: ${serversOf(place, cluster).join(", ")}` : ""}\n`,
  );
  const width = Math.max(...specs.map((spec) => spec.name.length));
  for (const spec of specs) {
    const id = runningId(spec);
    print(
      `${spec.name.padEnd(width)}  ${id ? `runs      pid ${String(id.pid).padEnd(8)} ${memoryOf(id.pid)}` : `is down   see ${writesToJournal(cluster) ? `spoke logs ${spec.name}` : spec.logFile}`}`,
    );
  }
  const api = await health(place, cluster);
  print(`\nAPI server: ${api}`);
  let states: NodeState[] = [];
  if (api === "ok") {
    states = await nodeStates(place, cluster).catch(() => []);
    const real = new Set(cluster.nodes.map((node) => node.name));
    for (const node of states.filter((each) => real.has(each.name)))
      print(`${node.name}: ${node.ready ? "Ready" : `NotReady: ${node.message}`}`);
    const others = states.filter((each) => !real.has(each.name));
    if (others.length > 0)
      print(
        `${others.length} other node${others.length === 1 ? "" : "s"} (simulated, or joined by an agent), ${others.filter((node) => node.ready).length} Ready`,
      );
  }
  const whole = api === "ok" && running.length === specs.length && states.every((node) => node.ready);
  return whole ? 0 : 1;
}

async function health(place: Place, cluster: Parameters<typeof ask>[1]): Promise<string> {
  try {
    const answer = await ask(place, cluster, "/readyz");
    return answer.status === 200 ? "ok" : `not ready: ${answer.body.slice(0, 300)}`;
  } catch (error) {
    return `does not answer: ${(error as Error).message}`;
  }
}

function memoryOf(pid: number): string {
  try {
    const kb = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return kb ? `${Math.round(Number(kb) / 1024)} MB` : "";
  } catch {
    return "";
  }
}
