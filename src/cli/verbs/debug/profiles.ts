/** What each profile of `debug` changes in the pod that is debugged, copied or made for a node. */
import { CliError } from "../../failure.ts";

/** A container as it is written in a pod. */
export interface Container {
  name: string;
  image?: string;
  // biome-ignore lint/suspicious/noExplicitAny: fields of any depth, set one by one
  [field: string]: any;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  shareProcessNamespace?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  [field: string]: any;
}

export interface DebuggedPod {
  metadata: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

export type Style = "ephemeral" | "copy" | "node";

/** What a copy keeps of its original. */
export interface Keep {
  labels: boolean;
  annotations: boolean;
  liveness: boolean;
  readiness: boolean;
  startup: boolean;
  initContainers: boolean;
}

export const profiles = ["legacy", "general", "baseline", "restricted", "netadmin", "sysadmin"] as const;
export type Profile = (typeof profiles)[number];

export function profileOf(name: string): Profile {
  const profile = profiles.find((each) => each === name);
  if (!profile) throw new CliError(`unknown profile: ${name}`);
  return profile;
}

/** Changes `pod`, which is ours. */
export function applyProfile(profile: Profile, pod: DebuggedPod, how: { container: string; style: Style; keep: Keep }): void {
  const { spec } = pod;
  const { style, keep } = how;
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const container = all.find(({ name }) => name === how.container);
  const changed = (change: (security: Container["securityContext"]) => void) => {
    if (container) change((container.securityContext ??= {}));
  };
  const addCapabilities = (...names: string[]) =>
    changed((security) => {
      security.capabilities = { ...security.capabilities, add: [...(security.capabilities?.add ?? []), ...names] };
    });
  if (profile === "legacy") {
    if (style === "node") {
      mountHost(spec, how.container);
      useHostNamespaces(spec);
    } else if (style === "copy") delete pod.metadata.labels;
    return;
  }
  if (profile === "baseline" || profile === "restricted") delete container?.securityContext;
  if (profile === "restricted")
    changed((security) => {
      security.runAsNonRoot = true;
      security.capabilities = { drop: ["ALL"] };
      security.allowPrivilegeEscalation = false;
      security.seccompProfile = { type: "RuntimeDefault" };
    });
  if (profile === "netadmin") addCapabilities("NET_ADMIN", "NET_RAW");
  if (profile === "sysadmin")
    changed((security) => {
      security.privileged = true;
    });
  if (style === "node" && profile === "general") delete container?.securityContext;
  if (style === "node" && (profile === "general" || profile === "sysadmin")) mountHost(spec, how.container);
  if (style === "node" && profile !== "baseline" && profile !== "restricted") useHostNamespaces(spec);
  if (style === "copy") withoutKept(pod, keep);
  if (style !== "node" && profile === "general") addCapabilities("SYS_PTRACE");
  if (style === "copy") spec.shareProcessNamespace ??= true;
}

function withoutKept(pod: DebuggedPod, keep: Keep): void {
  if (!keep.labels) delete pod.metadata.labels;
  if (!keep.annotations) delete pod.metadata.annotations;
  for (const container of pod.spec.containers) {
    if (!keep.liveness) delete container.livenessProbe;
    if (!keep.readiness) delete container.readinessProbe;
    if (!keep.startup) delete container.startupProbe;
  }
  if (!keep.initContainers) delete pod.spec.initContainers;
}

function mountHost(spec: PodSpec, container: string): void {
  spec.volumes = [...(spec.volumes ?? []), { name: "host-root", hostPath: { path: "/" } }];
  const mounting = spec.containers.find(({ name }) => name === container);
  if (mounting) mounting.volumeMounts = [...(mounting.volumeMounts ?? []), { mountPath: "/host", name: "host-root" }];
}

function useHostNamespaces(spec: PodSpec): void {
  Object.assign(spec, { hostNetwork: true, hostPID: true, hostIPC: true });
}

/** A profile may grant what an ordinary user of the whole pod cannot use. */
export function needsWarning(container: Container | undefined, spec: PodSpec): boolean {
  const user = spec.securityContext?.runAsUser;
  const own = container?.securityContext;
  if (!user || !own || own.runAsUser === 0) return false;
  return Boolean(own.privileged) || (own.capabilities?.add?.length ?? 0) > 0;
}
