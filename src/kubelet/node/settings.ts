/** What the machine and the kubelet's options tell of the node, as pods are made with it. */
import { access, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import type { KubeletSettings } from "../configuration/settings.ts";
import type { KubeletOptions } from "../options.ts";
import type { NodeSettings } from "../pod/config.ts";
import { crashBackOff } from "../pod/history.ts";

export async function nodeSettings(
  options: KubeletOptions,
  podLogs: string,
  { seccompDefault, mostCrashMs }: KubeletSettings,
): Promise<NodeSettings> {
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return {
    clusterDns: options.clusterDns,
    clusterDomain: options.clusterDomain,
    cgroupRoot: options.cgroupRoot ?? "/",
    hostResolvConf: resolvConf(await read(options.resolvConf ?? "/etc/resolv.conf")),
    hostsFile: await read("/etc/hosts"),
    podLogs,
    memoryBytes: totalmem(),
    selinux: await hasSelinux(),
    seccompDefault,
    crashBackOff: crashBackOff(mostCrashMs),
  };
}

/** Its file system is mounted, and processes have labels. */
async function hasSelinux(): Promise<boolean> {
  const own = await readFile("/proc/self/attr/current", "utf8").catch(() => "");
  const isMounted = await access("/sys/fs/selinux/enforce").then(
    () => true,
    () => false,
  );
  return isMounted && own.replace(/[\0\n]+$/, "") !== "kernel";
}

function resolvConf(text: string): NodeSettings["hostResolvConf"] {
  const words = (keyword: string) =>
    [...text.matchAll(new RegExp(`^\\s*${keyword}\\s+(.+)$`, "gm"))].flatMap((match) => match[1]!.trim().split(/\s+/));
  return { servers: words("nameserver").slice(0, 3), searches: words("search").slice(0, 6), options: words("options") };
}
