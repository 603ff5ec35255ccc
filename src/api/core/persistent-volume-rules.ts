/** What the server knows of PersistentVolume: defaults, what a write may set, what is refused, what tables show. */

import { checkDns1123Subdomain, quantityValue } from "#codec/mod.ts";
import { checkDeclared, enumOf } from "../checks/declared.ts";
import { internalDifference, shownAs } from "../checks/internal-shape.ts";
import { checksOfSystems } from "../checks/kinds/volume-systems.ts";
import { metaAsNew } from "../checks/meta-of-kind.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { validateHostPath, validateNfs } from "../checks/pod/volumes.ts";
import { deprecatedVolumes, nodeTermWarnings, volumeField } from "../checks/pod-warnings.ts";
import { oneOfOrAbsent, quantityOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateNodeSelector } from "../checks/scheduling.ts";
import { accessModes } from "../checks/storage-claim.ts";
import { type AnyObject, rules, type WriteMoment } from "../rules.ts";
import type { Struct } from "../schema.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { accessModesText, ageOf, nameOf, unset } from "../tables/cells.ts";
import { type PersistentVolume, PersistentVolumeSpec } from "./persistent-volume.ts";

const sources = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

export const persistentVolumeRules = rules<PersistentVolume>({
  warn: warningsOfVolume,
  names: subdomainName,
  ownMeta: true,
  counts: false,
  status: () => ({ phase: "Pending" }),
  defaults: defaultPersistentVolume,
  prepare: {
    create(volume, { now }) {
      volume.status!.lastPhaseTransitionTime = now;
    },
    sub: { status: stampPhase },
  },
  check: {
    create: validateVolume,
    update(next, old, problems) {
      // Upstream looks twice.
      for (let i = 0; i < 2; i++) {
        metaAsNew(next, problems);
        validateVolume(next, problems);
      }
      updateVolume(next.spec ?? {}, old.spec ?? {}, problems);
    },
  },
  cells: (o, now) => [
    nameOf(o),
    o.spec?.capacity?.storage ?? "0",
    accessModesText(o.spec?.accessModes),
    o.spec?.persistentVolumeReclaimPolicy ?? "",
    o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? ""),
    o.spec?.claimRef ? `${o.spec.claimRef.namespace}/${o.spec.claimRef.name}` : "",
    o.spec?.storageClassName ?? "",
    o.spec?.volumeAttributesClassName ?? unset,
    o.status?.reason ?? "",
    ageOf(o, now),
    o.spec?.volumeMode ?? unset,
  ],
  deletion: { answers: "object" },
});

function updateVolume(spec: AnyObject, before: AnyObject, problems: Problems): void {
  const sourceOf = (one: AnyObject) => Object.fromEntries(sources.filter((kind) => one[kind]).map((kind) => [kind, one[kind]]));
  const now = sourceOf(spec);
  // A Secret for growing may be named later.
  if (now.csi && before.csi && !before.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _, ...csi } = now.csi;
    now.csi = csi;
  }
  const forbidden = "spec.persistentvolumesource is immutable after creation";
  if (!semanticEqual(now, sourceOf(before)))
    problems.forbidden("spec.persistentvolumesource", `${forbidden}\n${internalDifference(PersistentVolumeSpec, before, now, sources)}`);
  // Upstream's path begins so.
  immutable(spec.volumeMode, before.volumeMode, "volumeMode", problems);
  if (before.nodeAffinity && !semanticEqual(withNewKeys(before.nodeAffinity, spec.nodeAffinity), spec.nodeAffinity)) {
    const { schema } = PersistentVolumeSpec.fields.get("nodeAffinity")!;
    const shown = spec.nodeAffinity ? shownAs(schema, spec.nodeAffinity) : null;
    problems.invalid("nodeAffinity", shown, "field is immutable, except for updating from beta label to GA");
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined)
    problems.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden");
}

/** Labels that have other names since they are no betas. */
const newKeys: ReadonlyMap<string, string> = new Map([
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
  ["beta.kubernetes.io/os", "kubernetes.io/os"],
  ["beta.kubernetes.io/arch", "kubernetes.io/arch"],
  ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"],
]);

/** The affinity before, with the keys that it may get. Upstream lets any key become none: a check of the key itself refuses that. */
function withNewKeys(before: AnyObject, now: AnyObject | undefined): AnyObject {
  const copy = structuredClone(before);
  for (const [i, term] of (copy.required?.nodeSelectorTerms ?? []).entries())
    for (const member of ["matchExpressions", "matchFields"])
      for (const [j, requirement] of (term[member] ?? []).entries()) {
        const key = now?.required?.nodeSelectorTerms?.[i]?.[member]?.[j]?.key;
        if (key === (newKeys.get(requirement.key) ?? "")) requirement.key = key;
      }
  return copy;
}

function validateVolume({ metadata: { name = "" }, spec = {} }: AnyObject, problems: Problems): void {
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) problems.required("spec.accessModes");
  for (const mode of modes) if (!accessModes.includes(mode)) problems.notSupported("spec.accessModes", mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode)))
    problems.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) problems.required("spec.capacity");
  if (capacity.storage === undefined || Object.keys(capacity).length > 1)
    problems.notSupported("spec.capacity", spec.capacity ?? null, ["storage"]);
  for (const [resource, amount] of Object.entries(capacity)) {
    const value = quantityValue(quantityOf(amount));
    if (value < 0) problems.invalid(`spec.capacity[${resource}]`, Number(value), "must be a valid resource quantity");
    if (quantityOf(amount).nanos <= 0n) problems.invalid(`spec.capacity[${resource}]`, amount, "must be greater than zero");
  }
  const policies = ["Delete", "Recycle", "Retain"];
  if (spec.persistentVolumeReclaimPolicy && !policies.includes(spec.persistentVolumeReclaimPolicy))
    problems.notSupported("spec.persistentVolumeReclaimPolicy", spec.persistentVolumeReclaimPolicy, policies);
  if (spec.nodeAffinity && !spec.nodeAffinity.required)
    problems.required("spec.nodeAffinity.required", "must specify required node constraints");
  else if (spec.nodeAffinity) validateNodeSelector(spec.nodeAffinity.required, "spec.nodeAffinity.required", problems);
  let count = 0;
  for (const kind of sources) {
    const source = spec[kind];
    if (!source) continue;
    // Upstream names the paths of some otherwise than the field, and lets a flexVolume stand beside others.
    const at = kind === "gcePersistentDisk" ? "spec.persistentDisk" : `spec.${kind}`;
    if (count++ > 0 && kind !== "flexVolume")
      problems.forbidden(kind === "cephfs" ? "spec.cephFS" : `spec.${kind}`, "may not specify more than 1 volume type");
    else if (kind === "hostPath") validateHostPath(source, at, problems);
    else if (kind === "local") {
      if (!source.path) problems.required(`${at}.path`);
      else if (source.path.split("/").includes("..")) problems.invalid(`${at}.path`, source.path, "must not contain '..'");
      if (!spec.nodeAffinity) problems.required("spec.nodeAffinity", "Local volume requires node affinity");
    } else if (kind === "nfs") {
      validateNfs(source, at, problems);
    } else {
      if (!judgedWhole.has(kind)) checkDeclared(PersistentVolumeSpec.fields.get(kind)?.schema as Struct, source, at, problems);
      checksOfSystems[kind]?.(source, at, problems, { volumeName: name, inPod: false });
    }
  }
  if (count === 0) problems.required("spec", "must specify a volume type");
  if (spec.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle")
    problems.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
  if (spec.storageClassName)
    problems.invalids("spec.storageClassName", spec.storageClassName, checkDns1123Subdomain(spec.storageClassName));
  oneOfOrAbsent(spec.volumeMode, enumOf(PersistentVolumeSpec, "volumeMode"), "spec.volumeMode", problems);
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return;
  if (attributes === "") problems.required("spec.volumeAttributesClassName", "an empty string is disallowed");
  else problems.invalids("spec.volumeAttributesClassName", attributes, checkDns1123Subdomain(attributes));
  if (!spec.csi) problems.required("spec.csi", "has to be specified when using volumeAttributesClassName");
}

/** Of these, nothing that is declared is left to check. */
const judgedWhole = new Set(["csi", "iscsi", "storageos", "quobyte"]);

function defaultPersistentVolume({ spec, status }: PersistentVolume): void {
  if (spec) {
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
  }
  if (status) status.phase ||= "Pending";
}

function stampPhase(volume: AnyObject, old: AnyObject, { now }: WriteMoment): void {
  const status = (volume.status ??= {});
  const before = old.status ?? {};
  const time = status.lastPhaseTransitionTime;
  if (status.phase === before.phase) {
    if (!time && before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = before.lastPhaseTransitionTime;
  } else if (!time || time === before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = now;
}

function warningsOfVolume({ metadata, spec = {} }: PersistentVolume): string[] {
  const { annotations = {} } = metadata;
  const on = (key: string, text: string) => (key in annotations ? [`metadata.annotations[${key}]: ${text}`] : []);
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...on("volume.beta.kubernetes.io/storage-class", 'deprecated since v1.8; use "storageClassName" attribute instead'),
    ...on("volume.beta.kubernetes.io/mount-options", 'deprecated since v1.31; use "mountOptions" attribute instead'),
    ...(spec.persistentVolumeReclaimPolicy === "Recycle"
      ? [
          "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        ]
      : []),
    ...terms.flatMap((term, i) => nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
    ...["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"].flatMap((name) =>
      name in spec ? `spec.${volumeField(name)}: ${deprecatedVolumes[name]}` : [],
    ),
  ];
}
