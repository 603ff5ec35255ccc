export { hasCapability, isRoot } from "./capabilities.ts";
export { type Cgroups, cgroupTrees, delegateControllers, detectCgroups, removeCgroup, removeCgroupIfEmpty } from "./cgroups.ts";
export { prepareDisk } from "./disks.ts";
export { ip, type Link, links, type Route, routeLine, routes, uplink } from "./ip.ts";
export { asRuleset } from "./iptables/as-ruleset.ts";
export { foundIn, removeScript, replaceScript, restoreScript, type Tables } from "./iptables/tables.ts";
export { bindMount, isMountPoint, type Mount, makeShared, mount, parseMounts, readMounts, unmount, unmountUnder } from "./mounts.ts";
export { deleteNetns, ensureNetns, listNetns, netnsPath, netnsWorks } from "./netns.ts";
export type { Packet, Situation } from "./nft/packet.ts";
export { type Chain, type ElementSet, emptyRuleset, type Ruleset, type TableFamily, tableFamilies } from "./nft/ruleset.ts";
export { type Traced, trace } from "./nft/trace.ts";
export { transaction } from "./nft/transaction.ts";
export {
  type DetachedOptions,
  findProcesses,
  gone,
  identify,
  isAlive,
  type ProcessId,
  readPidFile,
  signal,
  startDetached,
  stopId,
  stopProcess,
} from "./processes.ts";
export { nft, nftList } from "./rules.ts";
export { CommandError, inNetns, type RunOptions, type RunResult, run, tryRun } from "./run.ts";
export { readSysctl, setSysctls } from "./sysctl.ts";
