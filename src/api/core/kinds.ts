/** What is served of the core group: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { bindings } from "./binding.ts";
import { componentstatuses } from "./component-status.ts";
import { componentStatusRules } from "./component-status-rules.ts";
import { configmaps } from "./config-map.ts";
import { configMapRules } from "./config-map-rules.ts";
import { endpoints } from "./endpoints.ts";
import { endpointsRules } from "./endpoints-rules.ts";
import { events } from "./event.ts";
import { eventRules } from "./event-rules.ts";
import { limitranges } from "./limit-range.ts";
import { limitRangeRules } from "./limit-range-rules.ts";
import { namespaces } from "./namespace.ts";
import { namespaceRules } from "./namespace-rules.ts";
import { nodes } from "./node.ts";
import { nodeRules } from "./node-rules.ts";
import { persistentvolumes } from "./persistent-volume.ts";
import { persistentvolumeclaims } from "./persistent-volume-claim.ts";
import { persistentVolumeClaimRules } from "./persistent-volume-claim-rules.ts";
import { persistentVolumeRules } from "./persistent-volume-rules.ts";
import { pods } from "./pod.ts";
import { podRules } from "./pod-rules.ts";
import { podtemplates } from "./pod-template.ts";
import { podTemplateRules } from "./pod-template-rules.ts";
import { replicationcontrollers } from "./replication-controller.ts";
import { replicationControllerRules } from "./replication-controller-rules.ts";
import { resourcequotas } from "./resource-quota.ts";
import { resourceQuotaRules } from "./resource-quota-rules.ts";
import { secrets } from "./secret.ts";
import { secretRules } from "./secret-rules.ts";
import { services } from "./service.ts";
import { serviceaccounts } from "./service-account.ts";
import { serviceAccountRules } from "./service-account-rules.ts";
import { serviceRules } from "./service-rules.ts";

export const coreKinds: readonly Served[] = [
  served(bindings),
  served(componentstatuses, { ...componentStatusRules, notice: "v1 ComponentStatus is deprecated in v1.19+" }),
  served(configmaps, configMapRules),
  served(endpoints, endpointsRules),
  served(events, eventRules),
  served(limitranges, limitRangeRules),
  served(namespaces, namespaceRules),
  served(nodes, nodeRules),
  served(persistentvolumeclaims, persistentVolumeClaimRules),
  served(persistentvolumes, persistentVolumeRules),
  served(pods, podRules),
  served(podtemplates, podTemplateRules),
  served(replicationcontrollers, replicationControllerRules),
  served(resourcequotas, resourceQuotaRules),
  served(secrets, secretRules),
  served(serviceaccounts, serviceAccountRules),
  served(services, serviceRules),
];
