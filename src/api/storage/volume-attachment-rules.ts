/** What the server knows of VolumeAttachment: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { VolumeAttachment } from "./volume-attachment.ts";

export const volumeAttachmentRules = rules<VolumeAttachment>({
  conditional: true,
  counts: false,
  status: () => ({ attached: false }),
  statusKeeps: "all",
  cells: (o, now) => [
    nameOf(o),
    o.spec?.attacher,
    o.spec?.source?.persistentVolumeName ?? "",
    o.spec?.nodeName,
    o.status?.attached === true,
    ageOf(o, now),
  ],
  deletion: { answers: "object" },
});
