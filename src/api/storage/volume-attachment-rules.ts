/** What the server knows of VolumeAttachment: defaults, what a write may set, what is refused, what tables show. */

import { checkDns1123Subdomain, inclusiveRangeText } from "#codec/mod.ts";
import { checkFields } from "../checks/declared.ts";
import { immutableShape } from "../checks/internal-shape.ts";
import { driverName } from "../checks/kinds/device-names.ts";
import { metaAsNew } from "../checks/meta-of-kind.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { VolumeAttachment } from "./volume-attachment.ts";
import { VolumeAttachmentSpec } from "./volume-attachment.ts";

export const volumeAttachmentRules = rules<VolumeAttachment>({
  conditional: true,
  ownMeta: true,
  counts: false,
  status: () => ({ attached: false }),
  statusKeeps: "all",
  check: {
    create: validateAttachment,
    update(next, old, problems) {
      metaAsNew(next, problems);
      validateAttachment(next, problems);
      immutableShape(VolumeAttachmentSpec, next.spec, old.spec, "spec", problems);
    },
    sub: { status: checkStatus },
  },
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
  if (spec.attacher) driverName(spec.attacher, "spec.attacher", problems);
  else checkFields(VolumeAttachmentSpec, spec, "spec", ["attacher"], problems);
  const { inlineVolumeSpec, persistentVolumeName } = spec.source ?? {};
  const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!inlineVolumeSpec && persistentVolumeName === undefined) problems.required("spec.source", one);
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) problems.forbidden("spec.source", one);
  const at = "spec.source.persistentVolumeName";
  if (!inlineVolumeSpec && persistentVolumeName === "") problems.required(at, "must specify non empty persistentVolumeName");
  checkFields(VolumeAttachmentSpec, spec, "spec", ["nodeName"], problems);
  if (persistentVolumeName !== undefined) problems.invalids(at, persistentVolumeName, checkDns1123Subdomain(persistentVolumeName));
}

function checkStatus({ status = {} }: AnyObject, _old: AnyObject, problems: Problems): void {
  for (const error of ["attachError", "detachError"]) {
    const code = status[error]?.errorCode;
    if (code < 0) problems.invalid(`status.${error}.errorCode`, code, inclusiveRangeText(0, 2147483647));
  }
}
