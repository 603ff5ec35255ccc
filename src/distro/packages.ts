/** What the distribution must provide for real nodes, and its installation on Debian and its like. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isRoot, run, tryRun } from "#linux/mod.ts";
import { cniFolder } from "./containerd.ts";

interface Need {
  package: string;
  why: string;
  present(): boolean;
}

const folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];
const has = (command: string) => () =>
  [...folders, ...(process.env.PATH ?? "").split(delimiter)].some((folder) => existsSync(join(folder, command)));

export const needs: Need[] = [
  { package: "containerd", why: "runs containers", present: has("containerd") },
  { package: "runc", why: "starts each container", present: has("runc") },
  { package: "containernetworking-plugins", why: "gives pods their network", present: () => existsSync(join(cniFolder(), "ptp")) },
  { package: "nftables", why: "Service rules", present: has("nft") },
  { package: "iptables", why: "host ports of pods", present: has("iptables") },
  { package: "conntrack", why: "ends flows to endpoints that went", present: has("conntrack") },
  { package: "iproute2", why: "network namespaces and routes", present: has("ip") },
  { package: "catatonit", why: "the pause container", present: has("catatonit") },
  { package: "busybox-static", why: "the busybox stand-in image", present: has("busybox") },
  { package: "util-linux", why: "nsenter", present: has("nsenter") },
  { package: "mount", why: "volumes", present: has("mount") },
];

/** On control planes that run etcd; the second is what puts a copy back. */
export const etcdNeeds: Need[] = [
  { package: "etcd-server", why: "keeps the objects", present: has("etcd") },
  { package: "etcd-client", why: "puts back what was saved", present: has("etcdctl") },
];

export const missing = (all: readonly Need[] = needs): Need[] => all.filter((need) => !need.present());

/** Whether this machine can run real nodes; if not, in words what is missing. */
export function obstacles(): string[] {
  const found: string[] = [];
  if (process.platform !== "linux") found.push(`real nodes need Linux, and this is ${process.platform}`);
  else if (!isRoot()) found.push("real nodes need root (network namespaces, mounts): run as root, for example with sudo");
  const lacking = missing();
  if (lacking.length > 0) found.push(`not installed: ${lacking.map((need) => `${need.package} (${need.why})`).join(", ")}`);
  return found;
}

/** Installs what is missing, where that is possible, and says what and why. The distribution's own services stay untouched. */
export async function installMissing(say: (line: string) => void, all: readonly Need[] = needs): Promise<void> {
  const lacking = missing(all);
  if (lacking.length === 0 || !isRoot() || !has("apt-get")()) return;
  say(`installing from Debian: ${lacking.map((need) => `${need.package} (${need.why})`).join(", ")}`);
  const names = lacking.map((need) => need.package);
  const guard = forbidServices();
  try {
    // Another apt (a fresh machine upgrades itself) is waited for.
    const apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-q", "--no-install-recommends", ...names];
    const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 900_000 };
    if ((await tryRun(apt, options)).code === 0) return;
    await run(["apt-get", "update", "-q"], { timeoutMs: 300_000 });
    await run(apt, options);
  } finally {
    guard.lift();
  }
  const still = missing(all);
  if (still.length > 0) throw new Error(`still missing after the installation: ${still.map((need) => need.package).join(", ")}`);
}

/**
 * Debian starts services of freshly installed packages unless a policy forbids it. Spoke runs its own containerd per node and
 * must not start the machine's. A policy that is already there is the owner's, and stays.
 */
function forbidServices(): { lift(): void } {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return { lift() {} };
  writeFileSync(policy, "#!/bin/sh\n# Made by spoke for the time of one installation.\nexit 101\n", { mode: 0o755 });
  return { lift: () => rmSync(policy, { force: true }) };
}
