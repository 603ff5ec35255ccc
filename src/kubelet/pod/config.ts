/** What the runtime is told about a sandbox and its containers. */
import { join } from "node:path";
import type { Container, Pod, PodSecurityContext, SecurityContext } from "#api/mod.ts";
import type { DeviceAnswer } from "../devices/messages.ts";
import { cgroupParent, linuxResources } from "../resources/resources.ts";
import { annotations, labels } from "../runtime/seen.ts";
import type { UserOptions } from "../users/user-namespaces.ts";
import type { ContainerDevice, Mount } from "../volumes/mounts.ts";
import { type AnyContainer, containerHash, graceOf } from "./containers.ts";
import { expand } from "./env.ts";
import type { CrashBackOff } from "./history.ts";
import { hostnameOf } from "./hostname.ts";

export interface NodeSettings {
  clusterDns: readonly string[];
  clusterDomain: string;
  cgroupRoot: string;
  /** Where the node's own resolv.conf says to ask. */
  hostResolvConf: { servers: string[]; searches: string[]; options: string[] };
  podLogs: string;
  memoryBytes: number;
  /** Of containers that end again and again. */
  crashBackOff: CrashBackOff;
  /** The machine has SELinux, and it is in use. */
  selinux: boolean;
  /** The node's own /etc/hosts. */
  hostsFile: string;
  /** Containers that ask for no profile get the runtime's own. */
  seccompDefault?: boolean;
}

/** The config of a sandbox or a container, with the users that its pod has on the machine; files of mounts are shown as its own. */
export function withUsers<C extends object>(config: C, users: UserOptions): C {
  const { linux, mounts } = config as { linux: { securityContext: { namespaceOptions: object } }; mounts?: object[] };
  const { securityContext } = linux;
  const namespaceOptions = { ...securityContext.namespaceOptions, usernsOptions: users };
  const mappings = users.uids ? { uidMappings: users.uids, gidMappings: users.gids } : {};
  return {
    ...config,
    linux: { ...linux, securityContext: { ...securityContext, namespaceOptions } },
    ...(mounts ? { mounts: mounts.map((mount) => ({ ...mount, ...mappings })) } : {}),
  };
}

const namespaceMode = { pod: 0, container: 1, node: 2, target: 3 };
const protocols: Record<string, number> = { TCP: 0, UDP: 1, SCTP: 2 };

export function logFolder(pod: Pod, settings: NodeSettings): string {
  return join(settings.podLogs, `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`);
}

export function sandboxConfig(pod: Pod, attempt: number, settings: NodeSettings): object {
  const spec = pod.spec ?? {};
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  const security = spec.securityContext ?? {};
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: spec.hostNetwork ? "" : hostnameOf(pod, settings.clusterDomain),
    logDirectory: logFolder(pod, settings),
    dnsConfig: dnsOf(pod, settings),
    portMappings: portsOf(pod),
    labels: { ...pod.metadata.labels, [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid },
    annotations: { ...pod.metadata.annotations },
    linux: {
      cgroupParent: cgroupParent(settings.cgroupRoot, pod),
      sysctls: Object.fromEntries((security.sysctls ?? []).map((each) => [sysctlName(each.name ?? ""), each.value ?? ""])),
      securityContext: {
        namespaceOptions: namespacesOf(pod),
        ...(security.runAsUser === undefined ? {} : { runAsUser: { value: security.runAsUser } }),
        ...(security.runAsGroup === undefined ? {} : { runAsGroup: { value: security.runAsGroup } }),
        supplementalGroups: groupsOf(security),
        supplementalGroupsPolicy: policies[security.supplementalGroupsPolicy ?? "Merge"],
        ...(security.seLinuxOptions ? { selinuxOptions: security.seLinuxOptions } : {}),
        privileged: (spec.containers ?? []).some((container) => container.securityContext?.privileged),
        seccomp: profileOf(security.seccompProfile),
      },
    },
  };
}

const policies: Record<string, number> = { Merge: 0, Strict: 1 };

/** With dots between the words; a name that is written with slashes may have dots in a word. */
export function sysctlName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === "/" ? name.replace(/[./]/g, (sign) => (sign === "/" ? "." : "/")) : name;
}

function dnsOf(pod: Pod, { clusterDns, clusterDomain, hostResolvConf }: NodeSettings): object {
  const policy = pod.spec?.dnsPolicy ?? "ClusterFirst";
  const own = pod.spec?.dnsConfig ?? {};
  const cluster = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.spec?.hostNetwork);
  let base: { servers: string[]; searches: string[]; options: string[] } = { servers: [], searches: [], options: [] };
  if (cluster) {
    const searches = [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...hostResolvConf.searches];
    base = { servers: [...clusterDns], searches, options: ["ndots:5"] };
  } else if (policy !== "None") base = hostResolvConf;
  const options = new Map(base.options.map((option) => [option.split(":")[0]!, option]));
  for (const option of own.options ?? [])
    options.set(option.name ?? "", option.value ? `${option.name}:${option.value}` : (option.name ?? ""));
  return {
    servers: [...new Set([...base.servers, ...(own.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(own.searches ?? [])])],
    options: [...options.values()],
  };
}

function portsOf(pod: Pod): object[] {
  if (pod.spec?.hostNetwork) return [];
  const all = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always"),
  ];
  return all
    .flatMap((container) => container.ports ?? [])
    .map((port) => ({
      protocol: protocols[port.protocol ?? "TCP"] ?? 0,
      containerPort: port.containerPort ?? 0,
      hostPort: port.hostPort ?? 0,
      hostIp: port.hostIP ?? "",
    }));
}

function namespacesOf(pod: Pod): object {
  const spec = pod.spec ?? {};
  return {
    network: spec.hostNetwork ? namespaceMode.node : namespaceMode.pod,
    pid: spec.hostPID ? namespaceMode.node : spec.shareProcessNamespace ? namespaceMode.pod : namespaceMode.container,
    ipc: spec.hostIPC ? namespaceMode.node : namespaceMode.pod,
  };
}

function groupsOf(security: PodSecurityContext): number[] {
  return [...new Set([...(security.supplementalGroups ?? []), ...(security.fsGroup === undefined ? [] : [security.fsGroup])])];
}

function profileOf(profile: { type?: string; localhostProfile?: string } | undefined): object | undefined {
  if (!profile || profile.type === "Unconfined") return { profileType: 1 };
  if (profile.type === "Localhost") return { profileType: 2, localhostRef: `/var/lib/kubelet/seccomp/${profile.localhostProfile ?? ""}` };
  return undefined;
}

const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

/** Of the container, by its field or by the annotation that came before it; else the pod's. */
export function appArmorProfile(pod: Pod, container: AnyContainer): SecurityContext["appArmorProfile"] {
  const own = container.securityContext?.appArmorProfile;
  const text = pod.metadata.annotations?.[`${appArmorAnnotation}${container.name}`];
  if (own || text === undefined) return own ?? pod.spec?.securityContext?.appArmorProfile;
  if (text === "unconfined") return { type: "Unconfined" };
  return text.startsWith("localhost/")
    ? { type: "Localhost", localhostProfile: text.slice("localhost/".length) }
    : { type: "RuntimeDefault" };
}

/** In the new form and in the one that older runtimes read. */
function appArmorOf(profile: SecurityContext["appArmorProfile"]): object {
  if (!profile) return {};
  if (profile.type === "Localhost") {
    const name = profile.localhostProfile ?? "";
    return { apparmor: { profileType: 2, localhostRef: name }, apparmorProfile: `localhost/${name}` };
  }
  return profile.type === "Unconfined"
    ? { apparmor: { profileType: 1 }, apparmorProfile: "unconfined" }
    : { apparmor: { profileType: 0 }, apparmorProfile: "runtime/default" };
}

export interface ContainerInput {
  pod: Pod;
  container: AnyContainer;
  restartCount: number;
  image: string;
  imageUser: { uid?: number; username: string };
  environment: ReadonlyMap<string, string>;
  mounts: Mount[];
  settings: NodeSettings;
  devices?: readonly ContainerDevice[];
  /** What device plugins say that it gets besides. */
  given?: Pick<DeviceAnswer, "annotations" | "cdiDevices">;
  /** Of the container that an ephemeral one looks at. */
  targetId?: string;
}

/** The user may not be root although the pod says so. */
export class RunAsError extends Error {
  override name = "RunAsError";
}

export function containerConfig({
  pod,
  container,
  restartCount,
  image,
  imageUser,
  environment,
  mounts,
  settings,
  devices = [],
  given,
  targetId,
}: ContainerInput): object {
  const { name = "" } = container;
  const known = (variable: string) => environment.get(variable);
  const words = (list: readonly string[] | undefined) => (list ?? []).map((word) => expand(word, known));
  const security = mergedSecurity(pod.spec?.securityContext ?? {}, container.securityContext ?? {});
  checkNonRoot(security, imageUser);
  const interactive = container as Container;
  return {
    metadata: { name, attempt: restartCount },
    image: { image, userSpecifiedImage: container.image ?? "" },
    command: words(container.command),
    args: words(container.args),
    workingDir: container.workingDir ?? "",
    envs: [...environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts,
    labels: {
      [labels.podName]: pod.metadata.name,
      [labels.podNamespace]: pod.metadata.namespace,
      [labels.podUid]: pod.metadata.uid,
      [labels.containerName]: name,
    },
    devices: [...devices],
    CDIDevices: given?.cdiDevices ?? [],
    annotations: {
      ...given?.annotations,
      [annotations.hash]: containerHash(container),
      [annotations.restartCount]: String(restartCount),
      [annotations.messagePath]: container.terminationMessagePath ?? "",
      [annotations.messagePolicy]: container.terminationMessagePolicy ?? "",
      [annotations.grace]: String(graceOf(pod)),
    },
    logPath: `${name}/${restartCount}.log`,
    stdin: interactive.stdin === true,
    stdinOnce: interactive.stdinOnce === true,
    tty: interactive.tty === true,
    linux: {
      resources: linuxResources(pod, container, settings.memoryBytes),
      securityContext: {
        capabilities: { addCapabilities: security.capabilities?.add ?? [], dropCapabilities: security.capabilities?.drop ?? [] },
        privileged: security.privileged === true,
        namespaceOptions: targetId ? { ...namespacesOf(pod), pid: namespaceMode.target, targetId } : namespacesOf(pod),
        ...userOf(security, imageUser),
        ...(security.runAsGroup === undefined ? {} : { runAsGroup: { value: security.runAsGroup } }),
        readonlyRootfs: security.readOnlyRootFilesystem === true,
        supplementalGroups: groupsOf(pod.spec?.securityContext ?? {}),
        supplementalGroupsPolicy: policies[pod.spec?.securityContext?.supplementalGroupsPolicy ?? "Merge"],
        ...(security.seLinuxOptions ? { selinuxOptions: security.seLinuxOptions } : {}),
        ...appArmorOf(appArmorProfile(pod, container)),
        noNewPrivs: security.allowPrivilegeEscalation === false,
        maskedPaths: security.procMount === "Unmasked" || security.privileged ? [] : maskedPaths,
        readonlyPaths: security.procMount === "Unmasked" || security.privileged ? [] : readonlyPaths,
        seccomp: security.seccompProfile
          ? (profileOf(security.seccompProfile) ?? { profileType: 0 })
          : { profileType: settings.seccompDefault ? 0 : 1 },
      },
    },
  };
}

const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

function mergedSecurity(pod: PodSecurityContext, own: SecurityContext): SecurityContext {
  return {
    ...own,
    runAsUser: own.runAsUser ?? pod.runAsUser,
    runAsGroup: own.runAsGroup ?? pod.runAsGroup,
    runAsNonRoot: own.runAsNonRoot ?? pod.runAsNonRoot,
    seccompProfile: own.seccompProfile ?? pod.seccompProfile,
    seLinuxOptions: own.seLinuxOptions ?? pod.seLinuxOptions,
  };
}

function userOf(security: SecurityContext, image: ContainerInput["imageUser"]): object {
  if (security.runAsUser !== undefined) return { runAsUser: { value: security.runAsUser } };
  if (image.uid !== undefined) return { runAsUser: { value: image.uid } };
  return image.username ? { runAsUsername: image.username } : {};
}

function checkNonRoot(security: SecurityContext, image: ContainerInput["imageUser"]): void {
  if (!security.runAsNonRoot) return;
  if (security.runAsUser === 0) throw new RunAsError("container's runAsUser breaks non-root policy");
  if (security.runAsUser !== undefined) return;
  if (image.username)
    throw new RunAsError(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root`);
  if ((image.uid ?? 0) === 0) throw new RunAsError("container has runAsNonRoot and image will run as root");
}
