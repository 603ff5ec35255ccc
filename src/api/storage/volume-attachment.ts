/** Declarations of VolumeAttachmentSource, VolumeAttachmentSpec, VolumeError, VolumeAttachmentStatus, VolumeAttachment. */

import { PersistentVolumeSpec } from "../core/persistent-volume.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, map, ref, string, struct, time } from "../schema.ts";

export const VolumeAttachmentSource = struct("io.k8s.api.storage.v1.VolumeAttachmentSource", {
  persistentVolumeName: string(1, { pointer: true }),
  inlineVolumeSpec: ref(PersistentVolumeSpec, 2, { pointer: true }),
});
export interface VolumeAttachmentSource extends Infer<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = struct("io.k8s.api.storage.v1.VolumeAttachmentSpec", {
  attacher: string(1, { always: true, required: true }),
  source: ref(VolumeAttachmentSource, 2, { always: true, required: true }),
  nodeName: string(3, { always: true, required: true }),
});
export interface VolumeAttachmentSpec extends Infer<typeof VolumeAttachmentSpec> {}

export const VolumeError = struct("io.k8s.api.storage.v1.VolumeError", {
  time: time(1),
  message: string(2),
  errorCode: int32(3, { pointer: true }),
});
export interface VolumeError extends Infer<typeof VolumeError> {}

export const VolumeAttachmentStatus = struct("io.k8s.api.storage.v1.VolumeAttachmentStatus", {
  attached: bool(1, { always: true, required: true }),
  attachmentMetadata: map(string, 2),
  attachError: ref(VolumeError, 3, { pointer: true }),
  detachError: ref(VolumeError, 4, { pointer: true }),
});
export interface VolumeAttachmentStatus extends Infer<typeof VolumeAttachmentStatus> {}

export const VolumeAttachment = kind("io.k8s.api.storage.v1.VolumeAttachment", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(VolumeAttachmentSpec, 2, { always: true, required: true }),
  status: ref(VolumeAttachmentStatus, 3),
});
export interface VolumeAttachment extends Infer<typeof VolumeAttachment> {}

export const VolumeAttachmentList = kind("io.k8s.api.storage.v1.VolumeAttachmentList", {
  metadata: ref(ListMeta, 1),
  items: list(VolumeAttachment, 2, { always: true, required: true }),
});
export interface VolumeAttachmentList extends Infer<typeof VolumeAttachmentList> {}

export const volumeattachments = resource<VolumeAttachment>(VolumeAttachment, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "volumeattachments",
  singular: "volumeattachment",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "status", kind: "VolumeAttachment", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/volumeattachments/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Attacher", type: "string", format: "name" },
    { name: "PV", type: "string" },
    { name: "Node", type: "string" },
    { name: "Attached", type: "boolean" },
    { name: "Age", type: "string" },
  ],
});
