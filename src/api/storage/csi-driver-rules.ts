/** What the server knows of CSIDriver: defaults, what a write may set, what is refused, what tables show. */

import { checkFields } from "../checks/declared.ts";
import { immutable } from "../checks/object-meta.ts";
import { oneOfOrAbsent } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf, unset } from "../tables/cells.ts";
import { type CSIDriver, CSIDriverSpec } from "./csi-driver.ts";

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
  check: {
    create: ({ spec = {} }, problems) => validateDriver(spec, problems),
    update({ spec = {} }, old, problems) {
      validateDriver(spec, problems);
      immutable(spec.attachRequired, old.spec?.attachRequired, "spec.attachedRequired", problems);
      immutable(spec.volumeLifecycleModes, old.spec?.volumeLifecycleModes, "spec.volumeLifecycleModes", problems);
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

const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycles = ["Persistent", "Ephemeral"];

function validateDriver(spec: AnyObject, problems: Problems): void {
  const { attachRequired, podInfoOnMount, storageCapacity, fsGroupPolicy, tokenRequests = [], seLinuxMount } = spec;
  if (attachRequired === undefined) problems.required("spec.attachedRequired");
  if (podInfoOnMount === undefined) problems.required("spec.podInfoOnMount");
  if (storageCapacity === undefined) problems.required("spec.storageCapacity");
  oneOfOrAbsent(fsGroupPolicy, groupPolicies, "spec.fsGroupPolicy", problems);
  validateTokens(tokenRequests, problems);
  for (const mode of spec.volumeLifecycleModes ?? [])
    if (!lifecycles.includes(mode)) problems.notSupported("spec.volumeLifecycleModes", mode, lifecycles);
  if (seLinuxMount === undefined) problems.required("spec.seLinuxMount");
  checkFields(CSIDriverSpec, spec, "spec", ["nodeAllocatableUpdatePeriodSeconds"], problems);
  if (spec.serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0)
    problems.invalid(
      "spec.serviceAccountTokenInSecrets",
      spec.serviceAccountTokenInSecrets,
      "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    );
}

function validateTokens(requests: AnyObject[], problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { audience = "", expirationSeconds: seconds }] of requests.entries()) {
    const at = `spec.tokenRequests[${i}]`;
    if (seen.has(audience)) {
      problems.duplicate(`${at}.audience`, audience);
      continue;
    }
    seen.add(audience);
    if (seconds < 600) problems.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes");
    if (seconds > 2 ** 32) problems.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds");
  }
}

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
