/** What this machine is: read once, when the kubelet starts. */
import { readFile, statfs } from "node:fs/promises";
import { arch, cpus, release, totalmem } from "node:os";
import type { NodeStatus } from "#api/mod.ts";
import { kubeletVersion } from "../version.ts";

export interface Machine {
  capacity: Record<string, string>;
  memoryBytes: number;
  architecture: string;
  info: NonNullable<NodeStatus["nodeInfo"]>;
}

export async function readMachine(options: { folder: string; maxPods: number; machineId?: string }): Promise<Machine> {
  const text = (path: string) =>
    readFile(path, "utf8").then(
      (found) => found.trim(),
      () => "",
    );
  const [id, boot, os, { blocks, bsize }] = await Promise.all([
    options.machineId ?? text("/etc/machine-id"),
    text("/proc/sys/kernel/random/boot_id"),
    text("/etc/os-release"),
    statfs(options.folder),
  ]);
  const architecture = ({ x64: "amd64", ia32: "386" } as Record<string, string>)[arch()] ?? arch();
  return {
    capacity: {
      cpu: String(cpus().length),
      "ephemeral-storage": `${Math.floor((blocks * bsize) / 1024)}Ki`,
      "hugepages-1Gi": "0",
      "hugepages-2Mi": "0",
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: String(options.maxPods),
    },
    memoryBytes: totalmem(),
    architecture,
    info: {
      machineID: id,
      systemUUID: id,
      bootID: boot,
      kernelVersion: release(),
      osImage: /PRETTY_NAME="?([^"\n]+)/.exec(os)?.[1] ?? "Linux",
      containerRuntimeVersion: "unknown",
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture,
    },
  };
}
