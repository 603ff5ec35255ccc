/** What a pod wants of a CSI volume: from the pod's words and the PersistentVolume's to what a driver is asked. Pure. */
import { createHash } from "node:crypto";
import type { CSIDriver, PersistentVolume, Pod, Volume } from "#api/mod.ts";
import type { VolumeHandle } from "#client/mod.ts";
import type { Access } from "./driver.ts";

export interface SecretRef {
  namespace: string;
  name: string;
}

export interface CsiUse extends VolumeHandle {
  pod: Pod;
  /** The PersistentVolume's name, or the pod's for a volume that it describes itself. */
  specName: string;
  ephemeral: boolean;
  block: boolean;
  readOnly: boolean;
  access: Omit<Access, "group">;
  /** Of the PersistentVolume. */
  accessModes: readonly string[];
  attributes: Record<string, string>;
  secrets: { stage?: SecretRef; publish?: SecretRef; expand?: SecretRef };
  claim?: SecretRef;
}

export interface Asked {
  pod: Pod;
  source: Volume | NonNullable<PersistentVolume["spec"]>;
  specName: string;
  readOnly: boolean;
  block: boolean;
  claim?: SecretRef | undefined;
}

export function useOf({ pod, source, specName, readOnly, block, claim }: Asked): CsiUse {
  if (!claim) return inlineUse(pod, source as Volume, specName);
  const { csi = {}, accessModes = [], mountOptions = [] } = source as NonNullable<PersistentVolume["spec"]>;
  const secret = (kind: "stage" | "publish" | "expand", ref: { namespace?: string; name?: string } | undefined) =>
    ref ? { [kind]: { namespace: ref.namespace ?? "", name: ref.name ?? "" } } : {};
  return {
    pod,
    specName,
    driver: csi.driver ?? "",
    handle: csi.volumeHandle ?? "",
    ephemeral: false,
    block,
    readOnly,
    accessModes,
    access: {
      block,
      fsType: csi.fsType ?? "",
      mode: accessModes[0] ?? "ReadWriteOnce",
      mountOptions: block ? [] : mountOptions,
    },
    attributes: csi.volumeAttributes ?? {},
    secrets: {
      ...secret("stage", csi.nodeStageSecretRef),
      ...secret("publish", csi.nodePublishSecretRef),
      ...secret("expand", csi.nodeExpandSecretRef),
    },
    claim,
  };
}

function inlineUse(pod: Pod, { csi = {} }: Volume, name: string): CsiUse {
  const { namespace = "", uid = "" } = pod.metadata;
  const secret = csi.nodePublishSecretRef;
  return {
    pod,
    specName: name,
    driver: csi.driver ?? "",
    handle: inlineHandle(uid, name),
    ephemeral: true,
    block: false,
    readOnly: csi.readOnly === true,
    accessModes: [],
    access: { block: false, fsType: csi.fsType ?? "", mode: "ReadWriteOnce", mountOptions: [] },
    attributes: csi.volumeAttributes ?? {},
    secrets: secret ? { publish: { namespace, name: secret.name ?? "" } } : {},
  };
}

const inlineHandle = (uid: string, name: string) => `csi-${createHash("sha256").update(`${uid}${name}`).digest("hex")}`;

/** Why the driver has no volumes of this life; undefined: it has. */
export function lifecycleFault({ ephemeral, driver }: CsiUse, known: CSIDriver | undefined): string | undefined {
  const mode = ephemeral ? "Ephemeral" : "Persistent";
  if (!known) return ephemeral ? `volume mode "${mode}" not supported by driver ${driver} (no CSIDriver object)` : undefined;
  const modes = known.spec?.volumeLifecycleModes ?? [];
  if (modes.includes(mode)) return undefined;
  return `volume mode "${mode}" not supported by driver ${driver} (only supports [${modes.map((each) => JSON.stringify(each)).join(" ")}])`;
}

/** Whether the kubelet gives what is in the volume to the pod's group, by the driver's policy. */
export function ownsByGroup({ readOnly, access, ephemeral, accessModes }: CsiUse, known: CSIDriver | undefined): boolean {
  const policy = known ? known.spec?.fsGroupPolicy : "ReadWriteOnceWithFSType";
  if (!policy) throw new Error("kubernetes.io/csi: expected valid fsGroupPolicy, received nil value or empty string");
  if (policy === "None" || readOnly) return false;
  if (policy === "File") return true;
  if (access.fsType === "") return false;
  return ephemeral || accessModes.some((mode) => mode === "ReadWriteOnce" || mode === "ReadWriteOncePod");
}

/** What a driver that asks for it is told of the pod. */
export const podInfoOf = ({ pod, ephemeral }: CsiUse): Record<string, string> => ({
  "csi.storage.k8s.io/pod.name": pod.metadata.name ?? "",
  "csi.storage.k8s.io/pod.namespace": pod.metadata.namespace ?? "",
  "csi.storage.k8s.io/pod.uid": pod.metadata.uid ?? "",
  "csi.storage.k8s.io/serviceAccount.name": pod.spec?.serviceAccountName ?? "",
  "csi.storage.k8s.io/ephemeral": String(ephemeral),
});
