/** What is served of storage.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { csidrivers } from "./csi-driver.ts";
import { csiDriverRules } from "./csi-driver-rules.ts";
import { csinodes } from "./csi-node.ts";
import { csiNodeRules } from "./csi-node-rules.ts";
import { csistoragecapacities } from "./csi-storage-capacity.ts";
import { csiStorageCapacityRules } from "./csi-storage-capacity-rules.ts";
import { storageclasses } from "./storage-class.ts";
import { storageClassRules } from "./storage-class-rules.ts";
import { volumeattachments } from "./volume-attachment.ts";
import { volumeAttachmentRules } from "./volume-attachment-rules.ts";
import { volumeattributesclasses } from "./volume-attributes-class.ts";
import { volumeAttributesClassRules } from "./volume-attributes-class-rules.ts";

export const storageKinds: readonly Served[] = [
  served(csidrivers, csiDriverRules),
  served(csinodes, csiNodeRules),
  served(csistoragecapacities, csiStorageCapacityRules),
  served(storageclasses, storageClassRules),
  served(volumeattachments, volumeAttachmentRules),
  served(volumeattributesclasses, volumeAttributesClassRules),
];
