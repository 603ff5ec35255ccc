/**
 * The pod security standards as data: each check says at which level and since which minor version it holds, and what a pod
 * violates. Reasons and details are upstream's words, because clients and tests match on them.
 */
import type { ObjectMeta, PodSpec } from "#api/mod.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** `detail` undefined: the check holds. */
type Violation = { reason: string; detail: string } | undefined;

interface Check {
  id: string;
  level: "baseline" | "restricted";
  /** Weaker checks that this one stands for. */
  instead?: string[];
  /** The newest entry whose `since` is not above the minor version asked for. */
  versions: { since: number; check(pod: PodView): Violation }[];
}

interface PodView {
  metadata: ObjectMeta;
  spec: PodSpec;
  containers: Container[];
}

type Container = NonNullable<PodSpec["containers"]>[number];

export const newestMinor = 36;

/** What the pod violates, in upstream's order; empty when the level allows it. */
export function violations(level: Level, minor: number, metadata: ObjectMeta, spec: PodSpec): { reason: string; detail: string }[] {
  if (level === "privileged") return [];
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as Container[])];
  const pod: PodView = { metadata, spec, containers };
  const active = checks.filter((check) => check.versions[0]!.since <= minor && (level === "restricted" || check.level === "baseline"));
  const replaced = new Set(active.flatMap(({ instead = [] }) => instead));
  const found: { reason: string; detail: string }[] = [];
  for (const check of active) {
    if (replaced.has(check.id)) continue;
    const violation = check.versions.findLast(({ since }) => since <= minor)!.check(pod);
    if (violation) found.push(violation);
  }
  return found;
}

const quoted = (items: readonly string[]) => items.map((item) => `"${item}"`).join(", ");
const plural = (one: string, many: string, count: number) => (count === 1 ? one : many);
const named = (names: readonly string[]) => `${plural("container", "containers", names.length)} ${quoted(names)}`;
const sorted = (items: Iterable<string>) => [...new Set(items)].sort();
const isWindows = ({ spec }: PodView) => spec.os?.name === "windows";
const hasUserNamespace = ({ spec }: PodView) => spec.hostUsers === false;

/** The pod itself and its containers that set something bad, as `pod and containers "a", "b"`. */
function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ["pod"] : []), ...(containers.length ? [named(containers)] : [])].join(" and ");
}

const bad = (pod: PodView, test: (container: Container) => boolean) => pod.containers.filter(test).map(({ name }) => name ?? "");

function allowPrivilegeEscalation(pod: PodView): Violation {
  const names = bad(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (!names.length) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

function appArmor({ metadata, spec, containers }: PodView): Violation {
  const isBad = (type: string | undefined) => type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const values: string[] = [];
  const note = (type: string | undefined) => {
    if (!isBad(type)) return false;
    values.push(type!);
    return true;
  };
  const podIsBad = note(spec.securityContext?.appArmorProfile?.type);
  const names = containers.filter(({ securityContext }) => note(securityContext?.appArmorProfile?.type)).map(({ name }) => name ?? "");
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(
      ([key, value]) =>
        key.startsWith(appArmorAnnotation) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const list = [...sorted(values), ...annotations];
  if (!list.length) return undefined;
  const who = [setters(podIsBad, names), ...(annotations.length ? [plural("annotation", "annotations", annotations.length)] : [])].filter(
    Boolean,
  );
  return {
    reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", list.length),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(list)}`,
  };
}

const defaultCapabilities = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(" "),
);

function capabilitiesBaseline(pod: PodView): Violation {
  const extra = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => !defaultCapabilities.has(capability));
  const names = bad(pod, (container) => extra(container).length > 0);
  if (!names.length) return undefined;
  const found = quoted(sorted(pod.containers.flatMap(extra)));
  return { reason: "non-default capabilities", detail: `${named(names)} must not include ${found} in securityContext.capabilities.add` };
}

function capabilitiesRestricted(pod: PodView): Violation {
  const extra = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
  const keeping = bad(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes("ALL"));
  const adding = bad(pod, (container) => extra(container).length > 0);
  const details: string[] = [];
  if (keeping.length) details.push(`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length)
    details.push(`${named(adding)} must not include ${quoted(sorted(pod.containers.flatMap(extra)))} in securityContext.capabilities.add`);
  return details.length ? { reason: "unrestricted capabilities", detail: details.join("; ") } : undefined;
}

function hostNamespaces({ spec }: PodView): Violation {
  const used = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]).map((field) => `${field}=true`);
  return used.length ? { reason: "host namespaces", detail: used.join(", ") } : undefined;
}

function hostPathVolumes({ spec }: PodView): Violation {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name ?? "");
  if (!names.length) return undefined;
  return { reason: "hostPath volumes", detail: `${plural("volume", "volumes", names.length)} ${quoted(names)}` };
}

function hostPorts(pod: PodView): Violation {
  const portsOf = ({ ports }: Container) => (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const names = bad(pod, (container) => portsOf(container).length > 0);
  if (!names.length) return undefined;
  const ports = sorted(pod.containers.flatMap(portsOf));
  const uses = plural("uses", "use", names.length);
  return { reason: "hostPort", detail: `${named(names)} ${uses} ${plural("hostPort", "hostPorts", ports.length)} ${ports.join(", ")}` };
}

function hostsOfProbes(pod: PodView): Violation {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((action) =>
      [action?.httpGet?.host, action?.tcpSocket?.host].filter((host) => host !== undefined && host !== ""),
    ) as string[];
  const names = sorted(bad(pod, (container) => hostsOf(container).length > 0));
  if (!names.length) return undefined;
  const hosts = sorted(pod.containers.flatMap(hostsOf));
  const what = plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.length);
  return { reason: "probe or lifecycle host", detail: `${named(names)} ${plural("uses", "use", names.length)} ${what} ${quoted(hosts)}` };
}

function privileged(pod: PodView): Violation {
  const names = bad(pod, ({ securityContext }) => securityContext?.privileged === true);
  return names.length ? { reason: "privileged", detail: `${named(names)} must not set securityContext.privileged=true` } : undefined;
}

function procMount(pod: PodView): Violation {
  const typeOf = ({ securityContext }: Container) => securityContext?.procMount ?? "Default";
  const names = bad(pod, (container) => typeOf(container) !== "Default");
  if (!names.length) return undefined;
  const types = quoted(sorted(pod.containers.map(typeOf).filter((type) => type !== "Default")));
  return { reason: "procMount", detail: `${named(names)} must not set securityContext.procMount to ${types}` };
}

const restrictedVolumeFields = new Set(
  "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(" "),
);
const volumeFields = new Set(
  (
    "hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile " +
    "vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos"
  ).split(" "),
);

function restrictedVolumes({ spec }: PodView): Violation {
  const names: string[] = [];
  const types: string[] = [];
  for (const volume of spec.volumes ?? []) {
    const fields = Object.keys(volume);
    if (fields.some((field) => restrictedVolumeFields.has(field))) continue;
    names.push(volume.name ?? "");
    types.push(fields.find((field) => volumeFields.has(field)) ?? "unknown");
  }
  if (!names.length) return undefined;
  const kinds = sorted(types);
  const what = plural("restricted volume type", "restricted volume types", kinds.length);
  const who = `${plural("volume", "volumes", names.length)} ${quoted(names)} ${plural("uses", "use", names.length)}`;
  return { reason: "restricted volume types", detail: `${who} ${what} ${quoted(kinds)}` };
}

function runAsNonRoot(pod: PodView): Violation {
  const reason = "runAsNonRoot != true";
  const own = pod.spec.securityContext?.runAsNonRoot;
  const explicit = setters(
    own === false,
    bad(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (explicit) return { reason, detail: `${explicit} must not set securityContext.runAsNonRoot=false` };
  const silent = own === true ? [] : bad(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return silent.length ? { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` } : undefined;
}

function runAsUser(pod: PodView): Violation {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    bad(pod, ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return who ? { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` } : undefined;
}

function seLinux(allowed: readonly string[]) {
  return (pod: PodView): Violation => {
    const options = (of: { seLinuxOptions?: { type?: string; user?: string; role?: string } } | undefined) => of?.seLinuxOptions;
    const all = [options(pod.spec.securityContext), ...pod.containers.map(({ securityContext }) => options(securityContext))];
    const isBad = (each: (typeof all)[number]) => each !== undefined && (!allowed.includes(each.type ?? "") || !!each.user || !!each.role);
    const who = setters(
      isBad(all[0]),
      bad(pod, ({ securityContext }) => isBad(options(securityContext))),
    );
    if (!who) return undefined;
    const types = sorted(all.flatMap((each) => (each && !allowed.includes(each.type ?? "") ? [each.type!] : [])));
    const details = types.length ? [`${plural("type", "types", types.length)} ${quoted(types)}`] : [];
    if (all.some((each) => each?.user)) details.push("user may not be set");
    if (all.some((each) => each?.role)) details.push("role may not be set");
    return { reason: "seLinuxOptions", detail: `${who} set forbidden securityContext.seLinuxOptions: ${details.join("; ")}` };
  };
}

const isGoodSeccomp = (type: string | undefined) => type === "Localhost" || type === "RuntimeDefault";

function seccompAnnotations({ metadata, containers }: PodView): Violation {
  const keys = [
    "seccomp.security.alpha.kubernetes.io/pod",
    ...containers.map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  const found = sorted(
    keys.flatMap((key) => {
      const value = metadata.annotations?.[key];
      const isGood = value === undefined || value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
      return isGood ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (!found.length) return undefined;
  return { reason: "seccompProfile", detail: `forbidden ${plural("annotation", "annotations", found.length)} ${found.join(", ")}` };
}

function seccompSet(pod: PodView): Violation {
  const types = [pod.spec.securityContext?.seccompProfile, ...pod.containers.map(({ securityContext }) => securityContext?.seccompProfile)];
  const isBad = (profile: { type?: string } | undefined) => profile !== undefined && !isGoodSeccomp(profile.type);
  const who = setters(
    isBad(types[0]),
    bad(pod, ({ securityContext }) => isBad(securityContext?.seccompProfile)),
  );
  if (!who) return undefined;
  const values = quoted(sorted(types.filter(isBad).map((profile) => profile?.type ?? "")));
  return { reason: "seccompProfile", detail: `${who} must not set securityContext.seccompProfile.type to ${values}` };
}

function seccompRestricted(pod: PodView): Violation {
  const explicit = seccompSet(pod);
  if (explicit || isGoodSeccomp(pod.spec.securityContext?.seccompProfile?.type)) return explicit;
  const silent = bad(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (!silent.length) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}

const ipv4 = (names: string) => names.split(" ").map((name) => `net.ipv4.${name}`);
const sysctls0 = ["kernel.shm_rmid_forced", ...ipv4("ip_local_port_range tcp_syncookies ping_group_range ip_unprivileged_port_start")];
const sysctls27 = [...sysctls0, ...ipv4("ip_local_reserved_ports")];
const sysctls29 = [...sysctls27, ...ipv4("tcp_keepalive_time tcp_fin_timeout tcp_keepalive_intvl tcp_keepalive_probes")];
const sysctls32 = [...sysctls29, ...ipv4("tcp_rmem tcp_wmem")];

function sysctls(allowed: readonly string[]) {
  return ({ spec }: PodView): Violation => {
    const found = (spec.securityContext?.sysctls ?? []).map(({ name }) => name ?? "").filter((name) => !allowed.includes(name));
    return found.length ? { reason: "forbidden sysctls", detail: found.join(", ") } : undefined;
  };
}

function windowsHostProcess(pod: PodView): Violation {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const who = setters(
    own,
    bad(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
  );
  return who ? { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` } : undefined;
}

const notOnWindows = (check: (pod: PodView) => Violation) => (pod: PodView) => (isWindows(pod) ? undefined : check(pod));
const notInUserNamespace = (check: (pod: PodView) => Violation) => (pod: PodView) => (hasUserNamespace(pod) ? undefined : check(pod));
const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"];

const baseline = (id: string, versions: Check["versions"]): Check => ({ id, level: "baseline", versions });
const restricted = (id: string, versions: Check["versions"], instead?: string[]): Check => ({ id, level: "restricted", versions, instead });

/** In the order in which upstream names what it finds. */
const checks: readonly Check[] = [
  baseline("appArmorProfile", [{ since: 0, check: appArmor }]),
  baseline("capabilities_baseline", [{ since: 0, check: capabilitiesBaseline }]),
  baseline("hostNamespaces", [{ since: 0, check: hostNamespaces }]),
  baseline("hostPathVolumes", [{ since: 0, check: hostPathVolumes }]),
  baseline("hostPorts", [{ since: 0, check: hostPorts }]),
  baseline("hostProbesAndHostLifecycle", [{ since: 34, check: hostsOfProbes }]),
  baseline("privileged", [{ since: 0, check: privileged }]),
  baseline("procMount", [
    { since: 0, check: procMount },
    { since: 35, check: notInUserNamespace(procMount) },
  ]),
  baseline("seLinuxOptions", [
    { since: 0, check: seLinux(seLinuxTypes) },
    { since: 31, check: seLinux([...seLinuxTypes, "container_engine_t"]) },
  ]),
  baseline("seccompProfile_baseline", [
    { since: 0, check: seccompAnnotations },
    { since: 19, check: seccompSet },
  ]),
  baseline("sysctls", [
    { since: 0, check: sysctls(sysctls0) },
    { since: 27, check: sysctls(sysctls27) },
    { since: 29, check: sysctls(sysctls29) },
    { since: 32, check: sysctls(sysctls32) },
  ]),
  baseline("windowsHostProcess", [{ since: 0, check: windowsHostProcess }]),
  restricted("allowPrivilegeEscalation", [
    { since: 8, check: allowPrivilegeEscalation },
    { since: 25, check: notOnWindows(allowPrivilegeEscalation) },
  ]),
  restricted(
    "capabilities_restricted",
    [
      { since: 22, check: capabilitiesRestricted },
      { since: 25, check: notOnWindows(capabilitiesRestricted) },
    ],
    ["capabilities_baseline"],
  ),
  restricted("procMount_restricted", [{ since: 35, check: procMount }], ["procMount"]),
  restricted("restrictedVolumes", [{ since: 0, check: restrictedVolumes }], ["hostPathVolumes"]),
  restricted("runAsNonRoot", [
    { since: 0, check: runAsNonRoot },
    { since: 35, check: notInUserNamespace(runAsNonRoot) },
  ]),
  restricted("runAsUser", [
    { since: 23, check: runAsUser },
    { since: 35, check: notInUserNamespace(runAsUser) },
  ]),
  restricted(
    "seccompProfile_restricted",
    [
      { since: 19, check: seccompRestricted },
      { since: 25, check: notOnWindows(seccompRestricted) },
    ],
    ["seccompProfile_baseline"],
  ),
];
