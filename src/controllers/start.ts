/** Starts all controllers over one set of informers. */

import { type Client, informers, runReconciler } from "#client/mod.ts";
import { all, type Settings } from "./all.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import type { Context, Controller } from "./shared.ts";
import { createContext } from "./shared.ts";

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
    garbageCollector(context),
  ];
  return {
    async close() {
      await Promise.all(running.map((controller) => controller.close()));
      context.close();
      shared.close();
    },
  };
}
