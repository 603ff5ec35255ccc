/** Which rules a resource has. */
import type { Resource } from "../resource.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { clusterRoleBindingKindRules, clusterRoleKindRules, roleBindingKindRules, roleKindRules } from "./access.ts";
import { ipAddressRules, serviceCidrRules } from "./addresses.ts";
import {
  autoscalerRules,
  eventRules,
  leaseRules,
  mutatingWebhookRules,
  nodeRules,
  podDisruptionBudgetRules,
  priorityClassRules,
  runtimeClassRules,
  signingRequestRules,
  validatingWebhookRules,
} from "./cluster.ts";
import { configMapRules, limitRangeRules, namespaceRules, resourceQuotaRules, secretRules, serviceAccountRules } from "./config.ts";
import { apiServiceRules, customResourceDefinitionRules } from "./extensions.ts";
import { cronJobRules, jobRules } from "./jobs.ts";
import { ingressClassRules, ingressRules, networkPolicyRules } from "./networking.ts";
import { type NameRule, subdomainName } from "./object-meta.ts";
import { podRules } from "./pod.ts";
import type { Problems } from "./problems.ts";
import { endpointSliceRules, endpointsRules, serviceRules } from "./service.ts";
import { persistentVolumeClaimRules, persistentVolumeRules, storageClassRules } from "./storage.ts";
import {
  controllerRevisionRules,
  daemonSetRules,
  deploymentRules,
  podTemplateRules,
  replicaSetRules,
  replicationControllerRules,
  statefulSetRules,
} from "./workloads.ts";

export interface KindRules {
  name: NameRule;
  /** The kind checks no metadata of its own: only the common rules hold. */
  ownMeta?: boolean;
  create?(object: AnyObject, problems: Problems): void;
  update?(object: AnyObject, old: AnyObject, problems: Problems): void;
  status?(object: AnyObject, old: AnyObject, problems: Problems): void;
  subresources?: Readonly<Record<string, (object: AnyObject, old: AnyObject, problems: Problems) => void>>;
}

const byResource: Record<string, KindRules> = {
  "/pods": podRules,
  "/podtemplates": podTemplateRules,
  "/replicationcontrollers": replicationControllerRules,
  "apps/deployments": deploymentRules,
  "apps/replicasets": replicaSetRules,
  "apps/daemonsets": daemonSetRules,
  "apps/statefulsets": statefulSetRules,
  "apps/controllerrevisions": controllerRevisionRules,
  "batch/jobs": jobRules,
  "batch/cronjobs": cronJobRules,
  "/services": serviceRules,
  "/endpoints": endpointsRules,
  "discovery.k8s.io/endpointslices": endpointSliceRules,
  "/configmaps": configMapRules,
  "/secrets": secretRules,
  "/namespaces": namespaceRules,
  "/serviceaccounts": serviceAccountRules,
  "/resourcequotas": resourceQuotaRules,
  "/limitranges": limitRangeRules,
  "networking.k8s.io/ingresses": ingressRules,
  "networking.k8s.io/ingressclasses": ingressClassRules,
  "networking.k8s.io/networkpolicies": networkPolicyRules,
  "networking.k8s.io/ipaddresses": ipAddressRules,
  "networking.k8s.io/servicecidrs": serviceCidrRules,
  "/persistentvolumes": persistentVolumeRules,
  "/persistentvolumeclaims": persistentVolumeClaimRules,
  "storage.k8s.io/storageclasses": storageClassRules,
  "rbac.authorization.k8s.io/roles": roleKindRules,
  "rbac.authorization.k8s.io/clusterroles": clusterRoleKindRules,
  "rbac.authorization.k8s.io/rolebindings": roleBindingKindRules,
  "rbac.authorization.k8s.io/clusterrolebindings": clusterRoleBindingKindRules,
  "/nodes": nodeRules,
  "scheduling.k8s.io/priorityclasses": priorityClassRules,
  "policy/poddisruptionbudgets": podDisruptionBudgetRules,
  "autoscaling/horizontalpodautoscalers": autoscalerRules,
  "coordination.k8s.io/leases": leaseRules,
  "node.k8s.io/runtimeclasses": runtimeClassRules,
  "/events": eventRules,
  "certificates.k8s.io/certificatesigningrequests": signingRequestRules,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": validatingWebhookRules,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": mutatingWebhookRules,
  "apiextensions.k8s.io/customresourcedefinitions": customResourceDefinitionRules,
  "apiregistration.k8s.io/apiservices": apiServiceRules,
};

const fallback: KindRules = { name: subdomainName };

export function rulesOf({ group, resource }: Resource): KindRules {
  return byResource[`${group}/${resource}`] ?? fallback;
}
