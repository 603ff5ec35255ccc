/** Declarations of VolumeAttachmentSource, VolumeAttachmentSpec, VolumeError, VolumeAttachmentStatus, VolumeAttachment. */

import { PersistentVolumeSpec } from "../core/persistent-volume.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, map, ref, string, struct, time } from "../schema.ts";

export const VolumeAttachmentSource = struct("io.k8s.api.storage.v1.VolumeAttachmentSource", "The volume: exactly one.", {
  persistentVolumeName: string(1, { pointer: true, doc: "A PersistentVolume." }),
  inlineVolumeSpec: ref(PersistentVolumeSpec, 2, { pointer: true, doc: "A volume described here; for moved plugins." }),
});
export interface VolumeAttachmentSource extends Infer<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = struct("io.k8s.api.storage.v1.VolumeAttachmentSpec", "What is attached where by whom.", {
  attacher: string(1, { always: true, required: true, doc: "The driver." }),
  source: ref(VolumeAttachmentSource, 2, {
    always: true,
    required: "must specify exactly one of inlineVolumeSpec and persistentVolumeName",
    doc: "The volume.",
  }),
  nodeName: string(3, { always: true, required: true, format: "dns-subdomain", doc: "The node." }),
});
export interface VolumeAttachmentSpec extends Infer<typeof VolumeAttachmentSpec> {}

export const VolumeError = struct("io.k8s.api.storage.v1.VolumeError", "What went wrong.", {
  time: time(1, { doc: "When." }),
  message: string(2, { doc: "What." }),
  errorCode: int32(3, { pointer: true, doc: "The gRPC code of the driver's answer." }),
});
export interface VolumeError extends Infer<typeof VolumeError> {}

export const VolumeAttachmentStatus = struct("io.k8s.api.storage.v1.VolumeAttachmentStatus", "How an attachment stands.", {
  attached: bool(1, { always: true, required: true, doc: "Whether it is attached." }),
  attachmentMetadata: map(string, 2, { doc: "What the driver needs to know at the mount." }),
  attachError: ref(VolumeError, 3, { pointer: true, doc: "Why attaching failed last." }),
  detachError: ref(VolumeError, 4, { pointer: true, doc: "Why detaching failed last." }),
});
export interface VolumeAttachmentStatus extends Infer<typeof VolumeAttachmentStatus> {}

export const VolumeAttachment = kind("io.k8s.api.storage.v1.VolumeAttachment", "Asks that a volume be attached to a node.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(VolumeAttachmentSpec, 2, { always: true, required: true, doc: "What is wanted." }),
  status: ref(VolumeAttachmentStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface VolumeAttachment extends Infer<typeof VolumeAttachment> {}

export const VolumeAttachmentList = kind("io.k8s.api.storage.v1.VolumeAttachmentList", "A list of VolumeAttachment objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(VolumeAttachment, 2, { always: true, required: true, doc: "The objects." }),
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
