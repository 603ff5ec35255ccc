/** Every built-in kind: group by group, in the order in which clients look for a short name. */

import { admissionregistrationKinds } from "./admissionregistration/kinds.ts";
import { apiextensionsKinds } from "./apiextensions/kinds.ts";
import { apiregistrationKinds } from "./apiregistration/kinds.ts";
import { appsKinds } from "./apps/kinds.ts";
import { authenticationKinds } from "./authentication/kinds.ts";
import { authorizationKinds } from "./authorization/kinds.ts";
import { autoscalingKinds } from "./autoscaling/kinds.ts";
import { batchKinds } from "./batch/kinds.ts";
import type { Served } from "./catalog.ts";
import { certificatesKinds } from "./certificates/kinds.ts";
import { coordinationKinds } from "./coordination/kinds.ts";
import { coreKinds } from "./core/kinds.ts";
import { discoveryKinds } from "./discovery/kinds.ts";
import { eventsKinds } from "./events/kinds.ts";
import { flowcontrolKinds } from "./flowcontrol/kinds.ts";
import { metricsKinds } from "./metrics/kinds.ts";
import { networkingKinds } from "./networking/kinds.ts";
import { nodeKinds } from "./node/kinds.ts";
import { policyKinds } from "./policy/kinds.ts";
import { rbacKinds } from "./rbac/kinds.ts";
import { resourceKinds } from "./resource/kinds.ts";
import { schedulingKinds } from "./scheduling/kinds.ts";
import { storageKinds } from "./storage/kinds.ts";

export const builtInKinds: readonly Served[] = [
  ...coreKinds,
  ...apiregistrationKinds,
  ...appsKinds,
  ...eventsKinds,
  ...authenticationKinds,
  ...authorizationKinds,
  ...autoscalingKinds,
  ...batchKinds,
  ...certificatesKinds,
  ...networkingKinds,
  ...policyKinds,
  ...rbacKinds,
  ...storageKinds,
  ...admissionregistrationKinds,
  ...apiextensionsKinds,
  ...schedulingKinds,
  ...coordinationKinds,
  ...nodeKinds,
  ...discoveryKinds,
  ...resourceKinds,
  ...flowcontrolKinds,
  ...metricsKinds,
];
