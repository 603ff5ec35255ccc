/** Starts all controllers over one set of informers. */

import { type Client, informers, runReconciler } from "#client/mod.ts";
import { all, type Settings } from "./all.ts";
import { endpointSliceController } from "./endpoint-slice/controller.ts";
import { endpointSliceMirroringController } from "./endpoint-slice-mirroring/controller.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { loadBalancerController } from "./load-balancer/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeIpamController } from "./node-ipam/controller.ts";
import { nodeLifecycleController } from "./node-lifecycle/controller.ts";
import { podGarbageCollector } from "./pod-gc/controller.ts";
import { serviceAccountController } from "./service-account/controller.ts";
import type { Context, Controller } from "./shared.ts";
import { createContext } from "./shared.ts";
import { storageProtectionController } from "./storage-protection/controller.ts";

export interface ControllersOptions extends Settings, Pick<Context, "client" | "clock" | "random" | "log"> {
  /** The API as this service account of kube-system: each controller writes as its own. `client` only follows. */
  as(account: string): Client;
}

export interface Controllers {
  close(): Promise<void>;
}

export function startControllers(options: ControllersOptions): Controllers {
  const context = createContext(options);
  const { clock, random, log, as } = options;
  const shared = informers(options.client, { clock, random, log });
  const made = Object.values(all).flatMap((entry) => (typeof entry === "function" ? (entry(options) ?? []) : entry));
  const running: Controller[] = [
    ...made.map((each) => runReconciler(each, { informers: shared, client: as(each.account), clock, log })),
    namespaceController(context),
    serviceAccountController(context, options.caCert),
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
      shared.close();
    },
  };
}
