/** What all workers of a node share, and what one pod's steps are carried out with. */
import type { Pod, Service } from "#api/mod.ts";
import type { Clock, Log } from "#base/mod.ts";
import type { Client, EventRecorder } from "#client/mod.ts";
import type { NodeClaims } from "../claims/claims.ts";
import type { NodeDevices } from "../devices/devices.ts";
import type { PullCredentials } from "../images/credentials.ts";
import type { Images } from "../images/images.ts";
import type { PullRecords } from "../images/pull-records.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { Probes } from "../probes/probes.ts";
import type { GroupChange } from "../resize/perform-resize.ts";
import type { PodAllocation } from "../resize/pod-allocation.ts";
import type { Runtime, RuntimeStatus } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import type { UserNamespaces } from "../users/user-namespaces.ts";
import type { FileWork } from "../volumes/file-work.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import type { Admit } from "./admission.ts";
import type { NodeSettings } from "./config.ts";
import type { AnyContainer } from "./containers.ts";
import type { History, Learned } from "./history.ts";

import type { ReferencedObjects } from "./objects.ts";

export interface NodeContext {
  client: Client;
  runtime: Runtime;
  images: Images;
  pullRecords: PullRecords;
  pullCredentials: Pick<PullCredentials, "of">;
  objects: ReferencedObjects;
  volumes: PodVolumes;
  /** For the pods' own folders: bounded in time and number. */
  files: FileWork;
  probes: Probes;
  recorder: EventRecorder;
  settings: NodeSettings;
  /** One of each family; the first is the one of old. */
  hostIps: readonly string[];
  services(): Service[];
  network: PodNetwork;
  allocatable(): Record<string, string>;
  /** What the runtime said of itself last. */
  features(): RuntimeStatus;
  /** Absent: this node has no door for device plugins. */
  devices?: NodeDevices;
  /** Absent: this node has no door for drivers of claims. */
  claims?: Pick<NodeClaims, "prepare" | "unprepare" | "cdiDevices">;
  /** The runtime's word for a RuntimeClass; rejects when there is no such class. */
  runtimeHandler(className: string | undefined): Promise<string>;
  /** Why this node does not take the pod, if it does not; waits for what it must know first. */
  admit: Admit;
  /** Asks for a fresh look at the runtime; resolves when the pod's part is current. */
  refresh(): Promise<void>;
  seen(uid: string): SeenPod | undefined;
  /** Which users of the machine a pod's are. */
  users: Pick<UserNamespaces, "of" | "release">;
  /** The pod's own control group, in every tree. */
  cgroups: { make(pod: Pod): Promise<void>; change(pod: Pod): Promise<GroupChange>; remove(pod: Pod): Promise<void> };
  metrics: NodeMetrics;
  /** Under which uid the API has the pod: of a static one its mirror's, or none yet. */
  apiUid(uid: string): string | undefined;
  /** Pods that wait for other amounts. */
  resizes: { freed(): void };
  clock: Clock;
  log: Log;
}

/** What stands between a pod's address and its first packet. */
export interface PodNetwork {
  /** Resolves when the pod may begin to talk; rejects with why it may not yet. */
  admit(pod: Pod, ips: readonly string[]): Promise<void>;
  /** Nothing of the pod is left. */
  released(uid: string): void;
}

/** A step of one pod is carried out with this. */
export interface PodContext {
  readonly node: NodeContext;
  /** With the amounts that it was given. */
  readonly pod: Pod;
  readonly allocation: PodAllocation;
  readonly uid: string;
  readonly history: History;
  seen(): SeenPod | undefined;
  find(container: string): AnyContainer | undefined;
  tell(type: "Normal" | "Warning", reason: string, message: string, container?: string): void;
  /** Something that takes its time has come to its end: the pod is looked at again. */
  wake(): void;
}

/** `changed`: the runtime has something new, and the rest of the plan is still right. */
export interface Outcome {
  changed: boolean;
  learned?: Learned;
}

/** What events are about: the pod, or one of its containers. */
export function aboutOf(pod: Pod, container?: string) {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  const { initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const has = (list: readonly { name?: string }[]) => list.some((each) => each.name === container);
  const list = has(initContainers) ? "initContainers" : has(ephemeralContainers) ? "ephemeralContainers" : "containers";
  const fieldPath = container ? { fieldPath: `spec.${list}{${container}}` } : {};
  return { apiVersion: "v1", kind: "Pod", name, namespace, uid, resourceVersion, ...fieldPath };
}
