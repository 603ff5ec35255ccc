/** What is served of apps: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { controllerrevisions } from "./controller-revision.ts";
import { controllerRevisionRules } from "./controller-revision-rules.ts";
import { daemonsets } from "./daemon-set.ts";
import { daemonSetRules } from "./daemon-set-rules.ts";
import { deployments } from "./deployment.ts";
import { deploymentRules } from "./deployment-rules.ts";
import { replicasets } from "./replica-set.ts";
import { replicaSetRules } from "./replica-set-rules.ts";
import { statefulsets } from "./stateful-set.ts";
import { statefulSetRules } from "./stateful-set-rules.ts";

export const appsKinds: readonly Served[] = [
  served(controllerrevisions, controllerRevisionRules),
  served(daemonsets, daemonSetRules),
  served(deployments, deploymentRules),
  served(replicasets, replicaSetRules),
  served(statefulsets, statefulSetRules),
];
