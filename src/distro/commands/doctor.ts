/** `spoke doctor`: what this machine has and lacks for real nodes, and what to do about it. */
import { existsSync, readFileSync } from "node:fs";
import { detectCgroups, hasCapability, isRoot, readSysctl, tryRun } from "#linux/mod.ts";
import { clusterNames, readCluster } from "../cluster.ts";
import { readOptions } from "../options.ts";
import { missing } from "../packages.ts";
import { placeOf } from "../place.ts";
import { keeperOf, processesOf, runningId, supervisorOf } from "../processes.ts";

interface Finding {
  /** ok: fine. note: works, worth knowing. bad: real nodes do not work. */
  state: "ok" | "note" | "bad";
  text: string;
}

export async function command(words: string[]): Promise<number> {
  readOptions(words, { name: "doctor", about: "Says what this machine has and lacks for real nodes, and what to do about it." });
  const findings = [...machine(), ...(await tools()), ...clusters()];
  const signs = { ok: "ok   ", note: "note ", bad: "BAD  " };
  for (const { state, text } of findings) process.stdout.write(`${signs[state]} ${text}\n`);
  const bad = findings.filter((finding) => finding.state === "bad").length;
  process.stdout.write(
    bad === 0
      ? "\nReal nodes can run here.\n"
      : "\nReal nodes cannot run here; spoke up starts a full control plane with simulated nodes.\n",
  );
  return bad === 0 ? 0 : 1;
}

function machine(): Finding[] {
  if (process.platform !== "linux") return [{ state: "bad", text: `this is ${process.platform}: real nodes need Linux` }];
  const cgroups = detectCgroups();
  const wanted = ["cpu", "memory", "pids"];
  const have =
    cgroups.mode === "v2" && cgroups.unified
      ? readFileSync(`${cgroups.unified}/cgroup.controllers`, "utf8").trim().split(" ")
      : Object.keys(cgroups.controllers);
  const lacking = wanted.filter((name) => !have.includes(name));
  const filesystems = readFileSync("/proc/filesystems", "utf8");
  return [
    isRoot() ? { state: "ok", text: "root" } : { state: "bad", text: "not root: run spoke as root, for example with sudo" },
    hasCapability("CAP_SYS_ADMIN") && hasCapability("CAP_NET_ADMIN")
      ? { state: "ok", text: "CAP_SYS_ADMIN and CAP_NET_ADMIN" }
      : { state: "bad", text: "CAP_SYS_ADMIN or CAP_NET_ADMIN is missing: in a container, start it privileged" },
    hasCapability("CAP_SYS_RESOURCE")
      ? { state: "ok", text: "CAP_SYS_RESOURCE" }
      : {
          state: "note",
          text: "no CAP_SYS_RESOURCE: containers cannot be given a lower OOM score than Spoke's own; containerd is told so",
        },
    cgroups.mode === "none"
      ? { state: "bad", text: "no cgroup hierarchy is mounted on /sys/fs/cgroup: mount cgroup2 there" }
      : { state: "ok", text: `cgroups: ${cgroups.mode}` },
    lacking.length === 0
      ? { state: "ok", text: `cgroup controllers ${wanted.join(", ")}` }
      : { state: "note", text: `cgroup controllers missing: ${lacking.join(", ")}: such limits are not enforced` },
    /\boverlay$/m.test(filesystems)
      ? { state: "ok", text: "overlayfs" }
      : { state: "note", text: "no overlayfs (yet): layers are copied, which is slower; modprobe overlay" },
    readSysctl("net.bridge.bridge-nf-call-iptables") === "1" && existsSync("/var/run/docker.sock")
      ? {
          state: "note",
          text: "docker runs here and bridged packets pass the host's firewall: if nodes do not reach each other, iptables -I FORWARD -i spoke0 -j ACCEPT",
        }
      : { state: "ok", text: "bridges are free" },
  ];
}

async function tools(): Promise<Finding[]> {
  const lacking = missing();
  const findings: Finding[] = lacking.map((need) => ({
    state: "bad",
    text: `${need.package} is not installed (${need.why}): spoke up installs it on Debian, as root`,
  }));
  if (lacking.length > 0) return findings;
  const versions = await Promise.all(
    [
      ["containerd", "--version"],
      ["runc", "--version"],
      ["nft", "--version"],
    ].map(async (argv) => (await tryRun(argv)).stdout.split("\n")[0].trim()),
  );
  findings.push({ state: "ok", text: versions.join("; ") });
  const rules = await tryRun(["nft", "list", "tables"]);
  findings.push(
    rules.code === 0
      ? { state: "ok", text: "nftables answers" }
      : { state: "bad", text: `nftables does not answer: ${rules.stderr.trim() || "no permission"}` },
  );
  return findings;
}

function clusters(): Finding[] {
  return clusterNames().map((name) => {
    const place = placeOf(name);
    const cluster = readCluster(place);
    const specs = cluster ? [...processesOf(place, cluster), supervisorOf(place), keeperOf(place)] : [];
    const down = specs.filter((spec) => !runningId(spec)).map((spec) => spec.name);
    if (down.length === 0) return { state: "ok", text: `cluster "${name}": all ${specs.length} processes run` };
    return { state: "note", text: `cluster "${name}": ${down.length === specs.length ? "stopped" : `not running: ${down.join(", ")}`}` };
  });
}
