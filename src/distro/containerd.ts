/** A node's own containerd: its configuration, and the runtime state that it leaves behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { familyOf } from "#base/mod.ts";
import { hasCapability } from "#linux/mod.ts";
import { type ClusterConfig, type NodeConfig, numbersOf } from "./cluster.ts";
import type { Place } from "./place.ts";

export const pauseImage = "registry.k8s.io/pause:3.10.2";

export interface NodePlace {
  /** Survives reboots: images, volumes, the kubelet's folder. */
  state: string;
  run: string;
  socket: string;
  config: string;
  cni: string;
  kubelet: string;
  /** Static pods of the node: a file each. */
  manifests: string;
  /** Data of the volumes of the class local-path. */
  localPath: string;
  /** By this socket the two that answer DNS on a node know of each other. */
  dns: string;
}

/** What containerd of every node reads at each pull: a folder for each registry, with a `hosts.toml`. */
export const registriesFolder = (place: Place): string => join(place.state, "registries");

export function nodePlace(place: Place, node: string): NodePlace {
  const state = join(place.state, "nodes", node);
  const run = join(place.run, node);
  return {
    state,
    run,
    socket: join(run, "containerd.sock"),
    config: join(state, "containerd.toml"),
    cni: join(state, "cni"),
    kubelet: join(state, "kubelet"),
    manifests: join(state, "manifests"),
    localPath: join(state, "local-path"),
    dns: join(run, "dns.sock"),
  };
}

/** Writes the node's containerd and CNI configuration. */
export function writeRuntimeConfig(place: Place, cluster: ClusterConfig, node: NodeConfig, mtu: number): NodePlace {
  const at = nodePlace(place, node.name);
  for (const folder of [at.state, at.run, at.cni, at.kubelet, at.manifests, registriesFolder(place)])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = {
    restrictOomScore: !hasCapability("CAP_SYS_RESOURCE"),
    overlay: /\boverlay$/m.test(readFileSync("/proc/filesystems", "utf8")),
  };
  writeFileSync(at.config, containerdConfig(place, at, facts), { mode: 0o600 });
  // On a machine of its own the cluster says which range is the node's: the agent hears it.
  const ranges = numbersOf(cluster).families.map(({ podCidr }) => podCidr(node.index));
  if (!cluster.machine) writeCniConfig(at, ranges, mtu);
  return at;
}

export function writeCniConfig(at: NodePlace, podCidrs: readonly string[], mtu: number): void {
  writeFileSync(join(at.cni, "10-spoke.conflist"), cniConfig(podCidrs, join(at.state, "ipam"), mtu), { mode: 0o600 });
}

/** Version 2: what containerd 1.6 reads and newer ones convert by themselves. */
export function containerdConfig(place: Place, at: NodePlace, facts: { restrictOomScore: boolean; overlay: boolean }): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const text = JSON.stringify; // TOML's basic strings are close enough to JSON's
  return `version = 2
root = ${text(join(at.state, "containerd"))}
state = ${text(join(at.run, "containerd"))}
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[debug]
  level = "warn"

[grpc]
  address = ${text(at.socket)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(at.state, "opt"))}

[${cri}]
  sandbox_image = ${text(pauseImage)}
  restrict_oom_score_adj = ${facts.restrictOomScore}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [${cri}.containerd]
    snapshotter = "${facts.overlay ? "overlayfs" : "native"}"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${text(join(at.run, "runc"))}
  [${cri}.cni]
    bin_dir = ${text(cniFolder())}
    conf_dir = ${text(at.cni)}
    max_conf_num = 1
    ip_pref = "cni"
  [${cri}.registry]
    config_path = ${text(`${registriesFolder(place)}:/etc/containerd/certs.d`)}
`;
}

/** Debian's folder, or the one that other distributions use. */
export function cniFolder(): string {
  return ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"].find((folder) => existsSync(join(folder, "ptp"))) ?? "/usr/lib/cni";
}

/** Point-to-point links instead of a bridge: everything a pod sends is routed, so Service rules see it without br_netfilter. */
export function cniConfig(podCidrs: readonly string[], dataDir: string, mtu: number): string {
  const routes = podCidrs.map((range) => ({ dst: familyOf(range) === "IPv6" ? "::/0" : "0.0.0.0/0" }));
  return `${JSON.stringify(
    {
      cniVersion: "1.0.0",
      name: "spoke",
      plugins: [
        {
          type: "ptp",
          ipMasq: false,
          mtu,
          ipam: { type: "host-local", dataDir, ranges: podCidrs.map((subnet) => [{ subnet }]), routes },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    },
    null,
    2,
  )}\n`;
}

/** What one running container left for us to find, read from its bundle without asking containerd. */
export interface Bundle {
  id: string;
  /** A pod's pause container. */
  sandbox: boolean;
  initPid?: number;
  networkPath?: string;
  cgroupsPath?: string;
  shimSocket?: string;
}

export function readBundles(at: NodePlace): Bundle[] {
  const folder = join(at.run, "containerd/io.containerd.runtime.v2.task/k8s.io");
  if (!existsSync(folder)) return [];
  // Containers end meanwhile, and their files with them.
  const text = (file: string) => {
    try {
      return readFileSync(file, "utf8").trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw error;
    }
  };
  return readdirSync(folder).map((id) => {
    const spec = JSON.parse(text(join(folder, id, "config.json")) || "{}") as {
      annotations?: Record<string, string>;
      linux?: { cgroupsPath?: string; namespaces?: { type: string; path?: string }[] };
    };
    return {
      id,
      sandbox: spec.annotations?.["io.kubernetes.cri.container-type"] === "sandbox",
      initPid: Number(text(join(folder, id, "init.pid"))) || undefined,
      networkPath: spec.linux?.namespaces?.find((entry) => entry.type === "network")?.path,
      cgroupsPath: spec.linux?.cgroupsPath,
      shimSocket: text(join(folder, id, "address")).replace(/^unix:\/\//, "") || undefined,
    };
  });
}

/** Removes what containerd keeps between starts, images too. */
export function removeRuntimeState(at: NodePlace): void {
  for (const folder of [at.run, at.state]) rmSync(folder, { recursive: true, force: true });
}
