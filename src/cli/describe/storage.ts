/** Pages of volumes, claims and their classes. */
import type { KObject } from "../print/values.ts";
import { longTime, type Outline } from "./outline.ts";
import { type Describer, page } from "./page.ts";

// biome-ignore lint/suspicious/noExplicitAny: parts of objects of several kinds, read field by field
type Part = any;

const oneLine = (values: Record<string, string> | undefined): string =>
  Object.keys(values ?? {})
    .sort()
    .map((key) => `${key}=${values![key]}`)
    .join(",") || "<none>";

const modeNames: Record<string, string> = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
const modes = (list: string[] | undefined): string =>
  Object.keys(modeNames)
    .filter((mode) => list?.includes(mode))
    .map((mode) => modeNames[mode])
    .join(",");

const classAnnotation = "volume.beta.kubernetes.io/storage-class";
const classOf = ({ metadata, spec }: KObject): string => metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? "";

function state(out: Outline, { metadata, status = {} }: KObject): void {
  if (metadata.deletionTimestamp) out.line(0, `Status:\tTerminating (lasts ${out.ageOf(metadata.deletionTimestamp)})`);
  else out.line(0, `Status:\t${status.phase ?? ""}`);
}

const finalizers = (out: Outline, { metadata }: KObject) =>
  out.line(0, `Finalizers:\t[${((metadata as Part).finalizers ?? []).join(" ")}]`);

const persistentVolume = page((out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.line(0, `Name:\t${metadata.name}`);
  out.labels(object);
  finalizers(out, object);
  out.line(0, `StorageClass:\t${classOf(object)}`);
  state(out, object);
  out.line(0, `Claim:\t${spec.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name}` : ""}`);
  out.line(0, `Reclaim Policy:\t${spec.persistentVolumeReclaimPolicy ?? ""}`);
  out.line(0, `Access Modes:\t${modes(spec.accessModes)}`);
  if (spec.volumeMode) out.line(0, `VolumeMode:\t${spec.volumeMode}`);
  out.line(0, `Capacity:\t${spec.capacity?.storage ?? "0"}`);
  nodeAffinity(out, spec.nodeAffinity?.required);
  out.line(0, `Message:\t${status.message ?? ""}`);
  out.line(0, "Source:");
  source(out, spec);
  out.events(around.events);
});

function nodeAffinity(out: Outline, required: Part): void {
  if (!required) return out.line(0, "Node Affinity:\t<none>");
  out.line(0, "Node Affinity:\t");
  const terms = required.nodeSelectorTerms ?? [];
  out.line(1, `Required Terms:\t${terms.length === 0 ? "<none>" : ""}`);
  for (const [i, term] of terms.entries()) {
    const expressions = (term.matchExpressions ?? []).map(
      ({ key, operator, values = [] }: Part) => `${key} ${operator.toLowerCase()}${values.length > 0 ? ` [${values.join(", ")}]` : ""}`,
    );
    rows(out, 2, `Term ${i}`, expressions);
  }
}

/** A title with one item a line beside it. */
function rows(out: Outline, level: number, title: string, items: string[]): void {
  if (items.length === 0) return out.line(level, `${title}:\t<none>`);
  for (const [i, item] of items.entries()) out.line(level, `${i === 0 ? `${title}:` : ""}\t${item}`);
}

function source(out: Outline, spec: Part): void {
  const lines = (type: string, fields: Record<string, unknown>) => {
    out.line(2, `Type:\t${type}`);
    for (const [name, value] of Object.entries(fields)) out.line(2, `${name}:\t${value}`);
  };
  const { hostPath, nfs, csi, local } = spec;
  if (hostPath) lines("HostPath (bare host directory volume)", { Path: hostPath.path, HostPathType: hostPath.type ?? "<none>" });
  else if (nfs)
    lines("NFS (an NFS mount that lasts the lifetime of a pod)", { Server: nfs.server, Path: nfs.path, ReadOnly: nfs.readOnly ?? false });
  else if (local) lines("LocalVolume (a persistent volume backed by local storage on a node)", { Path: local.path });
  else if (csi) {
    lines("CSI (a Container Storage Interface (CSI) volume source)", {
      Driver: csi.driver,
      FSType: csi.fsType ?? "",
      VolumeHandle: csi.volumeHandle,
      ReadOnly: csi.readOnly ?? false,
    });
    attributes(out, csi.volumeAttributes ?? {});
  } else out.line(1, "<unknown>");
}

/** Upstream indents each part of a line anew. */
function attributes(out: Outline, values: Record<string, string>): void {
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return out.line(2, "VolumeAttributes:\t<none>");
  for (const [i, key] of keys.entries()) {
    const text = `${key}=${values[key]}`;
    const shown = text.length > 140 ? `${text.slice(0, 140)}...` : text;
    out.line(0, i === 0 ? `    VolumeAttributes:\t    ${shown}` : `        \t    ${shown}`);
  }
}

const persistentVolumeClaim = page(async (out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.head(object);
  out.line(0, `StorageClass:\t${classOf(object)}`);
  state(out, object);
  out.line(0, `Volume:\t${spec.volumeName ?? ""}`);
  out.labels(object);
  finalizers(out, object);
  out.line(0, `Capacity:\t${spec.volumeName ? (status.capacity?.storage ?? "0") : ""}`);
  out.line(0, `Access Modes:\t${spec.volumeName ? modes(status.accessModes) : ""}`);
  if (spec.volumeMode) out.line(0, `VolumeMode:\t${spec.volumeMode}`);
  if (spec.dataSource) {
    out.line(0, "DataSource:");
    if (spec.dataSource.apiGroup) out.line(1, `APIGroup:\t${spec.dataSource.apiGroup}`);
    out.line(1, `Kind:\t${spec.dataSource.kind}`);
    out.line(1, `Name:\t${spec.dataSource.name}`);
  }
  const pods = await around.list("pods", { namespace: metadata.namespace });
  const users = pods.filter((pod) =>
    (pod.spec.volumes ?? []).some((volume: Part) => volume.persistentVolumeClaim?.claimName === metadata.name),
  );
  rows(
    out,
    0,
    "Used By",
    users.map((pod) => pod.metadata.name),
  );
  if (status.conditions?.length) {
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for (const each of status.conditions)
      out.line(
        1,
        `${each.type} \t${each.status} \t${longTime(each.lastProbeTime)} \t${longTime(each.lastTransitionTime)} \t${each.reason ?? ""} \t${each.message ?? ""}`,
      );
  }
  out.events(around.events);
});

const isDefault = ({ metadata }: KObject): string =>
  ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"].some(
    (key) => metadata.annotations?.[key] === "true",
  )
    ? "Yes"
    : "No";

const storageClass = page((out, object, around) => {
  const { metadata, provisioner, parameters, allowVolumeExpansion, mountOptions = [], reclaimPolicy, volumeBindingMode } = object as Part;
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `IsDefaultClass:\t${isDefault(object)}`);
  out.line(0, `Annotations:\t${oneLine(metadata.annotations)}`);
  out.line(0, `Provisioner:\t${provisioner}`);
  out.line(0, `Parameters:\t${oneLine(parameters)}`);
  out.line(0, `AllowVolumeExpansion:\t${allowVolumeExpansion === undefined ? "<unset>" : allowVolumeExpansion ? "True" : "False"}`);
  out.line(0, `MountOptions:${mountOptions.length === 0 ? "\t<none>" : ""}`);
  for (const option of mountOptions) out.line(1, option);
  if (reclaimPolicy) out.line(0, `ReclaimPolicy:\t${reclaimPolicy}`);
  if (volumeBindingMode) out.line(0, `VolumeBindingMode:\t${volumeBindingMode}`);
  const { allowedTopologies } = object as Part;
  if (allowedTopologies) {
    out.line(0, `AllowedTopologies:\t${allowedTopologies.length === 0 ? "<none>" : ""}`);
    for (const [i, term] of allowedTopologies.entries())
      rows(
        out,
        1,
        `Term ${i}`,
        (term.matchLabelExpressions ?? []).map(
          ({ key, values = [] }: Part) => `${key} in${values.length > 0 ? ` [${values.join(", ")}]` : ""}`,
        ),
      );
  }
  out.events(around.events);
});

const volumeAttributesClass = page((out, object, around) => {
  const { metadata, driverName, parameters } = object as Part;
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `Annotations:\t${oneLine(metadata.annotations)}`);
  out.line(0, `DriverName:\t${driverName}`);
  out.line(0, `Parameters:\t${oneLine(parameters)}`);
  out.events(around.events);
});

const csiNode = page((out, object, around) => {
  out.line(0, `Name:\t${object.metadata.name}`);
  out.labels(object);
  out.line(0, `CreationTimestamp:\t${longTime(object.metadata.creationTimestamp)}`);
  out.line(0, "Spec:");
  if (object.spec?.drivers) out.line(1, "Drivers:");
  for (const driver of object.spec?.drivers ?? []) {
    out.line(2, `${driver.name}:`);
    out.line(3, `Node ID:\t${driver.nodeID}`);
    if (driver.allocatable?.count !== undefined) {
      out.line(3, "Allocatables:");
      out.line(4, `Count:\t${driver.allocatable.count}`);
    }
    if (driver.topologyKeys) out.line(3, `Topology Keys:\t[${driver.topologyKeys.join(" ")}]`);
  }
  out.events(around.events);
});

export const storageDescribers: Record<string, Describer> = {
  "PersistentVolume.": persistentVolume,
  "PersistentVolumeClaim.": persistentVolumeClaim,
  "StorageClass.storage.k8s.io": storageClass,
  "VolumeAttributesClass.storage.k8s.io": volumeAttributesClass,
  "CSINode.storage.k8s.io": csiNode,
};
