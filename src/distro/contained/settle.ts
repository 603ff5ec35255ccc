/** Makes a container's surroundings those of a machine that has just started: its mounts are shared, what must not survive is empty, and its control groups may have children. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { detectCgroups, isMountPoint, mount, run } from "#linux/mod.ts";

/** Of a machine they are gone after a restart: sockets, pid files, namespaces. */
const ofThisStart = ["/run/spoke", "/run/containerd", "/run/netns"];

export async function settle(): Promise<void> {
  // Pods see what is mounted later, where they ask for it: as on machines that systemd starts.
  await run(["mount", "--make-rshared", "/"]);
  for (const folder of ofThisStart) {
    if (isMountPoint(folder)) continue;
    mkdirSync(folder, { recursive: true });
    await mount("tmpfs", folder, { type: "tmpfs", flags: ["mode=755"] });
  }
  const { mode, unified } = detectCgroups();
  if (mode === "v2" && unified) leaveRootGroup(unified);
}

const mostRounds = 20;

/**
 * In the unified tree a group has processes or passes controllers on, not both, and a container's processes begin in what it sees as
 * the root: they go into a group of their own. Where that is the machine's true root, which may have both, nothing is moved.
 */
export function leaveRootGroup(tree: string): void {
  if (!existsSync(join(tree, "cgroup.type"))) return;
  const own = join(tree, "init");
  mkdirSync(own, { recursive: true });
  for (let round = 0; round < mostRounds; round++) {
    const left = processesIn(tree);
    if (left.length === 0) return;
    for (const pid of left) moveTo(own, pid);
  }
}

/** 0: of a process that this container does not see. */
const processesIn = (group: string): string[] =>
  readFileSync(join(group, "cgroup.procs"), "utf8")
    .split("\n")
    .filter((pid) => pid !== "" && pid !== "0");

function moveTo(group: string, pid: string): void {
  try {
    writeFileSync(join(group, "cgroup.procs"), pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended
  }
}
