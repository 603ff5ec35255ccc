/** Claims, volumes and classes for the tables of this folder. */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "#api/mod.ts";
import { aMeta } from "../situations.ts";

export const completed = { "pv.kubernetes.io/bind-completed": "yes" };
export const byController = { "pv.kubernetes.io/bound-by-controller": "yes" };

export interface ClaimOptions {
  size?: string;
  modes?: string[];
  class?: string;
  volume?: string;
  phase?: string;
  marks?: Record<string, string>;
  spec?: PersistentVolumeClaim["spec"];
  status?: PersistentVolumeClaim["status"];
  uid?: string;
}

export function aClaim(options: ClaimOptions = {}, name = "c"): PersistentVolumeClaim {
  const { size = "1Gi", modes = ["ReadWriteOnce"], volume, phase = "Pending", marks, uid } = options;
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: aMeta(name, { ...(marks ? { annotations: marks } : {}), ...(uid ? { uid } : {}) }),
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(options.class === undefined ? {} : { storageClassName: options.class }),
      ...(volume ? { volumeName: volume } : {}),
      ...options.spec,
    },
    status: { phase, ...options.status },
  };
}

export interface VolumeOptions {
  size?: string;
  modes?: string[];
  class?: string;
  /** The claim's name; with `uid` the link is complete. */
  claim?: string;
  uid?: string;
  phase?: string;
  policy?: string;
  marks?: Record<string, string>;
  labels?: Record<string, string>;
  going?: boolean;
  spec?: PersistentVolume["spec"];
}

export function aVolume(options: VolumeOptions = {}, name = "v"): PersistentVolume {
  const { size = "1Gi", modes = ["ReadWriteOnce"], claim, uid, phase = "Available", marks, labels, going, policy = "Retain" } = options;
  const { namespace: _, ...meta } = aMeta(name);
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      ...meta,
      ...(marks ? { annotations: marks } : {}),
      ...(labels ? { labels } : {}),
      ...(going ? { deletionTimestamp: meta.creationTimestamp, finalizers: ["kubernetes.io/pv-protection"] } : {}),
    },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      persistentVolumeReclaimPolicy: policy,
      hostPath: { path: "/data" },
      ...(options.class === undefined ? {} : { storageClassName: options.class }),
      ...(claim ? { claimRef: { namespace: "default", name: claim, ...(uid ? { uid } : {}) } } : {}),
      ...options.spec,
    },
    status: { phase },
  };
}

export function aClass(name: string, options: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, uid: `uid-of-${name}` },
    provisioner: "example.com/disk",
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
    ...options,
  };
}
