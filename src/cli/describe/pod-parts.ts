/** Containers, volumes and tolerations, as pods and pod templates show them. */
import { longTime, type Outline } from "./outline.ts";
import { amount } from "./quantities.ts";

// biome-ignore lint/suspicious/noExplicitAny: parts of objects of several kinds, read field by field
type Part = any;

interface ContainerOptions {
  statuses?: Part[];
  /** Indentation of a template inside another object. */
  space: string;
  pod?: Part;
}

export function containers(out: Outline, label: string, list: Part[], options: ContainerOptions): void {
  const { space } = options;
  out.line(0, `${space}${label}:${list.length === 0 ? " <none>" : ""}`);
  for (const container of list) {
    const status = options.statuses?.find((each) => each.name === container.name);
    basics(out, container, status, space);
    words(out, "Command", container.command);
    words(out, "Args", container.args);
    if (status) states(out, status);
    resources(out, container.resources, 2);
    for (const [name, probe] of [
      ["Liveness", container.livenessProbe],
      ["Readiness", container.readinessProbe],
      ["Startup", container.startupProbe],
    ] as const) {
      if (probe) out.line(2, `${name}:\t${probeText(probe)}`);
    }
    environment(out, container, options.pod);
    mounts(out, container);
  }
}

function basics(out: Outline, container: Part, status: Part | undefined, space: string): void {
  out.line(1, `${space ? " " : ""}${container.name}:`);
  if (status) out.line(2, `Container ID:\t${status.containerID ?? ""}`);
  out.line(2, `Image:\t${container.image ?? ""}`);
  if (status) out.line(2, `Image ID:\t${status.imageID ?? ""}`);
  const ports: Part[] = container.ports ?? [];
  const text = (field: string) =>
    ports.map((port) => `${port[field] ?? 0}/${port.protocol ?? "TCP"}${port.name ? ` (${port.name})` : ""}`).join(", ");
  const [own, host] = [text("containerPort"), text("hostPort")];
  out.line(2, own.includes(",") ? `Ports:\t${own}` : `Port:\t${own || "<none>"}`);
  out.line(2, host.includes(",") ? `Host Ports:\t${host}` : `Host Port:\t${host || "<none>"}`);
  seccomp(out, container.securityContext?.seccompProfile, 2);
}

export function seccomp(out: Outline, profile: Part | undefined, level: number): void {
  if (!profile) return;
  out.line(level, `SeccompProfile:\t${profile.type}`);
  if (profile.type === "Localhost") out.line(level === 0 ? 0 : level + 1, `LocalhostProfile:\t${profile.localhostProfile}`);
}

function words(out: Outline, label: string, list: string[] | undefined): void {
  if (!list?.length) return;
  out.line(2, `${label}:`);
  for (const word of list) for (const line of word.split("\n")) out.line(3, line);
}

function states(out: Outline, status: Part): void {
  state(out, "State", status.state ?? {});
  if (status.lastState?.terminated) state(out, "Last State", status.lastState);
  out.line(2, `Ready:\t${status.ready ? "True" : "False"}`);
  out.line(2, `Restart Count:\t${status.restartCount ?? 0}`);
}

function state(out: Outline, name: string, at: Part): void {
  if (at.running) {
    out.line(2, `${name}:\tRunning`);
    out.line(3, `Started:\t${longTime(at.running.startedAt)}`);
  } else if (at.terminated) {
    const { terminated } = at;
    out.line(2, `${name}:\tTerminated`);
    if (terminated.reason) out.line(3, `Reason:\t${terminated.reason}`);
    if (terminated.message) out.line(3, `Message:\t${terminated.message}`);
    out.line(3, `Exit Code:\t${terminated.exitCode ?? 0}`);
    if (terminated.signal > 0) out.line(3, `Signal:\t${terminated.signal}`);
    out.line(3, `Started:\t${longTime(terminated.startedAt)}`);
    out.line(3, `Finished:\t${longTime(terminated.finishedAt)}`);
  } else {
    out.line(2, `${name}:\tWaiting`);
    if (at.waiting?.reason) out.line(3, `Reason:\t${at.waiting.reason}`);
  }
}

export function resources(out: Outline, value: Part | undefined, level: number): void {
  for (const [label, list] of [
    ["Limits", value?.limits],
    ["Requests", value?.requests],
  ] as const) {
    const names = Object.keys(list ?? {}).sort();
    if (names.length > 0) out.line(level, `${label}:`);
    for (const name of names) out.line(level + 1, `${name}:\t${list[name]}`);
  }
}

export function probeText(probe: Part): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  if (probe.exec) return `exec [${(probe.exec.command ?? []).join(" ")}] ${attributes}`;
  if (probe.httpGet) {
    const { scheme = "HTTP", host = "", port = "", path = "" } = probe.httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path && !path.startsWith("/") ? "/" : ""}${path} ${attributes}`;
  }
  if (probe.tcpSocket) return `tcp-socket ${probe.tcpSocket.host ?? ""}:${probe.tcpSocket.port} ${attributes}`;
  if (probe.grpc) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ""} ${attributes}`;
  return `unknown ${attributes}`;
}

function environment(out: Outline, container: Part, pod: Part | undefined): void {
  const sources: Part[] = container.envFrom ?? [];
  if (sources.length > 0) out.line(2, "Environment Variables from:");
  for (const source of sources) {
    const [kind, reference] = source.configMapRef ? ["ConfigMap", source.configMapRef] : ["Secret", source.secretRef ?? {}];
    out.line(
      3,
      `${reference.name ?? ""}\t${kind}${source.prefix ? ` with prefix '${source.prefix}'` : ""}\tOptional: ${Boolean(reference.optional)}`,
    );
  }
  const list: Part[] = container.env ?? [];
  out.line(2, `Environment:${list.length === 0 ? "\t<none>" : ""}`);
  for (const { name, value = "", valueFrom } of list) {
    if (!valueFrom) {
      for (const [index, line] of String(value).split("\n").entries()) out.line(3, index === 0 ? `${name}:\t${line}` : `\t${line}`);
    } else if (valueFrom.fieldRef) {
      out.line(
        3,
        `${name}:\t${fieldValue(pod, valueFrom.fieldRef.fieldPath)} (${valueFrom.fieldRef.apiVersion ?? "v1"}:${valueFrom.fieldRef.fieldPath})`,
      );
    } else if (valueFrom.resourceFieldRef) {
      const { resource } = valueFrom.resourceFieldRef;
      const [group, kind] = resource.split(".");
      const found = wholeUnits(container.resources?.[group]?.[kind], kind);
      out.line(3, `${name}:\t${found === "0" && /^limits\.(cpu|memory)$/.test(resource) ? "node allocatable" : found} (${resource})`);
    } else if (valueFrom.secretKeyRef) {
      const { key, name: from, optional } = valueFrom.secretKeyRef;
      out.line(3, `${name}:\t<set to the key '${key}' in secret '${from}'>\tOptional: ${Boolean(optional)}`);
    } else if (valueFrom.configMapKeyRef) {
      const { key, name: from, optional } = valueFrom.configMapKeyRef;
      out.line(3, `${name}:\t<set to the key '${key}' of config map '${from}'>\tOptional: ${Boolean(optional)}`);
    }
  }
}

/** Cores or bytes, rounded up. */
function wholeUnits(quantity: string | undefined, kind: string): string {
  const { milli } = amount(quantity);
  return kind === "cpu" || kind === "memory" || kind === "ephemeral-storage" ? String((milli + 999n) / 1000n) : (quantity ?? "0");
}

function fieldValue(pod: Part | undefined, path: string): string {
  if (!pod) return "";
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1]]?.[keyed[2]] ?? "";
  const value = path.split(".").reduce((at: Part, key) => at?.[key], pod);
  return typeof value === "object" ? "" : String(value ?? "");
}

function mounts(out: Outline, container: Part): void {
  const list: Part[] = container.volumeMounts ?? [];
  out.line(2, `Mounts:${list.length === 0 ? "\t<none>" : ""}`);
  for (const mount of [...list].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))) {
    out.line(
      3,
      `${mount.mountPath} from ${mount.name} (${mount.readOnly ? "ro" : "rw"}${mount.subPath ? `,path=${JSON.stringify(mount.subPath)}` : ""})`,
    );
  }
  const devices: Part[] = container.volumeDevices ?? [];
  if (devices.length > 0) out.line(2, `Devices:${list.length === 0 ? "\t<none>" : ""}`);
  for (const device of [...devices].sort((a, b) => (a.devicePath < b.devicePath ? -1 : 1)))
    out.line(3, `${device.devicePath} from ${device.name}`);
}

export function volumes(out: Outline, list: Part[] | undefined, space: string): void {
  if (!list?.length) return out.line(0, `${space}Volumes:\t<none>`);
  out.line(0, `${space}Volumes:`);
  for (const volume of list) {
    out.line(1, `${space ? " " : ""}${volume.name}:`);
    for (const line of volumeLines(volume)) out.line(2, line);
  }
}

function volumeLines(volume: Part): string[] {
  if (volume.hostPath)
    return [
      "Type:\tHostPath (bare host directory volume)",
      `Path:\t${volume.hostPath.path}`,
      `HostPathType:\t${volume.hostPath.type ?? "<none>"}`,
    ];
  if (volume.emptyDir)
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${volume.emptyDir.medium ?? ""}`,
      `SizeLimit:\t${volume.emptyDir.sizeLimit ?? "<unset>"}`,
    ];
  if (volume.secret)
    return [
      "Type:\tSecret (a volume populated by a Secret)",
      `SecretName:\t${volume.secret.secretName}`,
      `Optional:\t${Boolean(volume.secret.optional)}`,
    ];
  if (volume.configMap)
    return [
      "Type:\tConfigMap (a volume populated by a ConfigMap)",
      `Name:\t${volume.configMap.name}`,
      `Optional:\t${Boolean(volume.configMap.optional)}`,
    ];
  if (volume.persistentVolumeClaim) {
    const { claimName, readOnly } = volume.persistentVolumeClaim;
    return [
      "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
      `ClaimName:\t${claimName}`,
      `ReadOnly:\t${Boolean(readOnly)}`,
    ];
  }
  if (volume.nfs)
    return [
      "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)",
      `Server:\t${volume.nfs.server}`,
      `Path:\t${volume.nfs.path}`,
      `ReadOnly:\t${Boolean(volume.nfs.readOnly)}`,
    ];
  if (volume.downwardAPI) {
    const items: Part[] = volume.downwardAPI.items ?? [];
    return [
      "Type:\tDownwardAPI (a volume populated by information about the pod)",
      "Items:",
      ...items.map((item) => `  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`),
    ];
  }
  if (volume.csi)
    return [
      "Type:\tCSI (a Container Storage Interface (CSI) volume source)",
      `Driver:\t${volume.csi.driver}`,
      `FSType:\t${volume.csi.fsType ?? ""}`,
      `ReadOnly:\t${Boolean(volume.csi.readOnly)}`,
    ];
  if (volume.image)
    return [
      "Type:\tImage (a container image or OCI artifact)",
      `Reference:\t${volume.image.reference ?? ""}`,
      `PullPolicy:\t${volume.image.pullPolicy ?? ""}`,
    ];
  if (volume.projected)
    return [
      "Type:\tProjected (a volume that contains injected data from multiple sources)",
      ...((volume.projected.sources as Part[]) ?? []).flatMap(projectedLines),
    ];
  return ["<unknown>"];
}

function projectedLines(source: Part): string[] {
  if (source.secret) return [`SecretName:\t${source.secret.name}`, `Optional:\t${Boolean(source.secret.optional)}`];
  if (source.downwardAPI) return ["DownwardAPI:\ttrue"];
  if (source.configMap) return [`ConfigMapName:\t${source.configMap.name}`, `Optional:\t${Boolean(source.configMap.optional)}`];
  if (source.serviceAccountToken) return [`TokenExpirationSeconds:\t${source.serviceAccountToken.expirationSeconds}`];
  return [];
}

export function tolerations(out: Outline, list: Part[] | undefined, prefix = ""): void {
  if (!list?.length) return out.line(0, `${prefix}Tolerations:\t<none>`);
  const sorted = [...list].sort((a, b) => ((a.key ?? "") < (b.key ?? "") ? -1 : (a.key ?? "") > (b.key ?? "") ? 1 : 0));
  for (const [index, each] of sorted.entries()) {
    let text = each.key ?? "";
    if (each.value) text += `=${each.value}`;
    if (each.effect) text += `:${each.effect}`;
    if (each.operator === "Exists" && !each.value) text += each.key || each.effect ? " op=Exists" : "op=Exists";
    if (each.tolerationSeconds !== undefined && each.tolerationSeconds !== null) text += ` for ${each.tolerationSeconds}s`;
    out.line(0, `${index === 0 ? `${prefix}Tolerations:` : ""}\t${text}`);
  }
}

export function podTemplate(out: Outline, template: Part): void {
  out.line(0, "Pod Template:");
  const { metadata = {}, spec = {} } = template ?? {};
  indentedPairs(out, "Labels", metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0) out.annotations("  Annotations", metadata.annotations);
  if (spec.serviceAccountName) out.line(1, `Service Account:\t${spec.serviceAccountName}`);
  if (spec.initContainers?.length) containers(out, "Init Containers", spec.initContainers, { space: "  " });
  containers(out, "Containers", spec.containers ?? [], { space: "  " });
  volumes(out, spec.volumes, "  ");
  if (spec.priorityClassName) out.line(1, `Priority Class Name:\t${spec.priorityClassName}`);
  indentedPairs(out, "Node-Selectors", spec.nodeSelector);
  tolerations(out, spec.tolerations, "  ");
}

function indentedPairs(out: Outline, title: string, values: Record<string, string> | undefined): void {
  out.pairs(`  ${title}`, values);
}
