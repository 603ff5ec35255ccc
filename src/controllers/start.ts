/** Starts all controllers over one set of informers. */

import { deploymentController } from "./deployment/controller.ts";
import { endpointSliceController } from "./endpoint-slice/controller.ts";
import { endpointSliceMirroringController } from "./endpoint-slice-mirroring/controller.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { loadBalancerController } from "./load-balancer/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeIpamController } from "./node-ipam/controller.ts";
import { nodeLifecycleController } from "./node-lifecycle/controller.ts";
import { podGarbageCollector } from "./pod-gc/controller.ts";
import { byReplicationController, replicaSetController } from "./replica-set/controller.ts";
import { serviceAccountController } from "./service-account/controller.ts";
import type { Context, Controller } from "./shared.ts";
import { createContext } from "./shared.ts";
import { storageProtectionController } from "./storage-protection/controller.ts";

export interface ControllersOptions extends Pick<Context, "client" | "clock" | "random" | "log"> {
  /** PEM: published to every namespace. */
  caCert: string;
  /** Addresses for Services of type LoadBalancer. */
  loadBalancerRange: string;
  /** Pod addresses of the whole cluster; absent: nodes bring their own ranges. */
  clusterCidr?: string;
}

export interface Controllers {
  close(): Promise<void>;
}

/** `resource.group` of kinds that are served and have no controller yet: a create says so. */
export const withoutController: readonly string[] = [
  "daemonsets.apps",
  "statefulsets.apps",
  "jobs.batch",
  "cronjobs.batch",
  "horizontalpodautoscalers.autoscaling",
  "ingresses.networking.k8s.io",
  "networkpolicies.networking.k8s.io",
  "poddisruptionbudgets.policy",
  "resourcequotas",
  "persistentvolumeclaims",
  "certificatesigningrequests.certificates.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
  "apiservices.apiregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingadmissionpolicies.admissionregistration.k8s.io",
  "mutatingadmissionpolicies.admissionregistration.k8s.io",
  "resourceclaims.resource.k8s.io",
];

export function startControllers(options: ControllersOptions): Controllers {
  const context = createContext(options);
  const running: Controller[] = [
    namespaceController(context),
    serviceAccountController(context, options.caCert),
    replicaSetController(context),
    replicaSetController(context, byReplicationController),
    deploymentController(context),
    endpointSliceController(context),
    endpointSliceMirroringController(context),
    garbageCollector(context),
    nodeLifecycleController(context),
    podGarbageCollector(context),
    storageProtectionController(context),
    loadBalancerController(context, options.loadBalancerRange),
    ...(options.clusterCidr ? [nodeIpamController(context, options.clusterCidr)] : []),
  ];
  return {
    async close() {
      await Promise.all(running.map((controller) => controller.close()));
      context.close();
    },
  };
}
