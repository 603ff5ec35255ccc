/** What the server knows of CSIDriver: defaults, what a write may set, what is refused, what tables show. */

import type { AnyObject } from "../rules.ts";
import { rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf, unset } from "../tables/cells.ts";
import type { CSIDriver } from "./csi-driver.ts";

export const csiDriverRules = rules<CSIDriver>({
  conditional: true,
  warn: ({ spec = {} }, old) =>
    spec.tokenRequests?.length &&
    spec.serviceAccountTokenInSecrets === undefined &&
    !semanticEqual(spec.tokenRequests, old?.spec?.tokenRequests)
      ? [
          "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes",
        ]
      : [],
  defaults: defaultCsiDriver,
  prepare: {
    create(driver) {
      delete driver.metadata.generation;
    },
  },
  cells: (o, now) => [
    nameOf(o),
    o.spec?.attachRequired !== false,
    o.spec?.podInfoOnMount === true,
    o.spec?.storageCapacity === true,
    o.spec?.tokenRequests?.length ? o.spec.tokenRequests.map((one: AnyObject) => one.audience).join(",") : unset,
    o.spec?.requiresRepublish === true,
    (o.spec?.volumeLifecycleModes ?? []).join(","),
    ageOf(o, now),
  ],
  deletion: { answers: "object" },
});

function defaultCsiDriver({ spec }: CSIDriver): void {
  if (!spec) return;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  spec.volumeLifecycleModes ??= ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}
