/** What the server knows of VolumeAttachment: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { VolumeAttachment } from "./volume-attachment.ts";
import { VolumeAttachmentSpec } from "./volume-attachment.ts";

export const volumeAttachmentRules = rules<VolumeAttachment>({
  conditional: true,
  counts: false,
  status: () => ({ attached: false }),
  statusKeeps: "all",
  check: always(validateAttachment),
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

function validateAttachment({ spec = {} }: AnyObject, problems: Problems): void {
  checkFields(VolumeAttachmentSpec, spec, "spec", ["attacher"], problems);
  const { inlineVolumeSpec, persistentVolumeName } = spec.source ?? {};
  const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!inlineVolumeSpec && !persistentVolumeName) problems.required("spec.source", one);
  else if (inlineVolumeSpec && persistentVolumeName) problems.forbidden("spec.source", one);
  checkFields(VolumeAttachmentSpec, spec, "spec", ["nodeName"], problems);
}
