/** What a kubelet is started with. */
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import type { PortOptions } from "#serve/mod.ts";
import type { KubeletSettings } from "./configuration/settings.ts";
import type { Observed } from "./eviction/observe.ts";
import type { ProviderConfig } from "./images/providers/config.ts";
import type { SizeOf } from "./node/pod-storage.ts";
import type { PodNetwork } from "./pod/context.ts";
import type { CgroupTrees } from "./resources/cgroup-trees.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Logind } from "./shutdown/logind.ts";
import type { MountWords } from "./volumes/images/views.ts";

export interface KubeletOptions {
  client: Client;
  /** The API server did not answer a heartbeat: connections to it should be made anew. */
  connectionLost?(): void;
  nodeName: string;
  /** One of each family; the first is the node's own, and its family comes first of pods, too. */
  nodeAddresses: readonly [string, ...string[]];
  /** Of the node's pods, told when it registers; absent: somebody else says so. */
  podCidrs?: readonly string[];
  /** The runtime's unix socket; or a runtime of your own (tests). */
  runtimeSocket: string;
  runtime?: Runtime;
  stateFolder: string;
  /** Where logs lie, and what pods of this node see as /var/log; absent: a folder of the node's own. */
  logRoot?: string;
  /** Pods hang below this cgroup. */
  cgroupRoot?: string;
  /** Where the trees of control groups are mounted: pods' groups are removed from each. */
  cgroupTrees?: readonly string[];
  /** Where a pod's own group is limited and its use counted; absent: it is not. */
  cgroupLimits?: CgroupTrees;
  /** What is below a folder; absent: as `du` counts. */
  sizeOf?: SizeOf;
  /** Absent: upstream's defaults. */
  settings?: KubeletSettings;
  /** Who is asked for credentials of images; absent: nobody. */
  providers?: ProviderConfig;
  /** Images that the node needs although no container uses them, as that of sandboxes. */
  neededImages?: readonly string[];
  /** What the node has left; absent: as the machine and the runtime tell. */
  observe?(): Promise<Observed>;
  /** Holds shutdowns of the machine up; absent: the machine's own. */
  logind?: Logind;
  /** Mounts for volumes; absent: the machine's own. */
  mounts?: Mounts;
  /** Told of pods' addresses before their containers start; absent: nobody asks. */
  network?: PodNetwork;
  /** The machine's resolvers, for pods that do not ask the cluster; absent: /etc/resolv.conf. */
  resolvConf?: string;
  clusterDns: readonly string[];
  clusterDomain: string;
  /** Where the kubelet answers; PEM. `renewals`: see `PortOptions` of serve. */
  server?: { address: string; port: number } & Pick<PortOptions, "cert" | "key" | "clientCa" | "renewals">;
  /** Where device plugins and drivers register, and where agents ask who has which devices; absent: nobody may. */
  devices?: DeviceFolders;
  machineId?: string;
  labels?: Record<string, string>;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface DeviceFolders {
  plugins: string;
  podResources: string;
  /** Where plugins register by a socket of their own: drivers of claims, device plugins. */
  registry: string;
  /** Where their own sockets are. */
  sockets: string;
}

export interface Mounts {
  tmpfs(path: string, sizeBytes: number | undefined): Promise<void>;
  mount(source: string, path: string, options: MountWords): Promise<void>;
  isMounted(path: string): Promise<boolean>;
  /** SELinux labels of files are kept on what is mounted there. */
  isLabelled(path: string): Promise<boolean>;
  /** A device gets a file system if it has nothing. */
  prepareDisk(device: string, type: string, options: { readOnly: boolean }): Promise<void>;
  unmountUnder(path: string): Promise<void>;
  /** Mounts that pods make in the folder are the node's from now on, and the node's are theirs, where they ask for that. */
  share(folder: string): Promise<void>;
}
