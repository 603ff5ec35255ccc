/** The streaming subresources, by `resource/subresource`. */
import type { Clock, Random } from "#base/mod.ts";
import type { Attributes, Connecter, Exchange, Storage } from "../contract.ts";
import { badRequest } from "../errors.ts";
import { relay } from "./relay.ts";
import { type KubeletCredentials, kubeletTarget, nodeTarget, podTarget, serviceTarget } from "./targets.ts";

export type { KubeletCredentials } from "./targets.ts";

export function connecters(
  storage: Storage,
  kubelet: KubeletCredentials | undefined,
  clock: Clock,
  random: Random,
): Map<string, Connecter> {
  const needKubelet = (): KubeletCredentials => {
    if (!kubelet) throw badRequest("this server has no credentials for kubelets: logs, exec, attach and port-forward are not available");
    return kubelet;
  };
  const viaKubelet: Connecter = {
    async connect(attributes: Attributes, exchange: Exchange) {
      const target = kubeletTarget(storage, attributes, exchange, needKubelet);
      // The log of a pod that runs nowhere yet is empty.
      if (!target) exchange.respond(200, { "content-type": "text/plain" }).end();
      else await relay(exchange, target, clock);
    },
  };
  return new Map<string, Connecter>([
    ["pods/log", viaKubelet],
    ["pods/exec", viaKubelet],
    ["pods/attach", viaKubelet],
    ["pods/portforward", viaKubelet],
    ["pods/proxy", { connect: (attributes, exchange) => relay(exchange, podTarget(storage, attributes, exchange), clock) }],
    [
      "services/proxy",
      {
        connect: (attributes, exchange) =>
          relay(
            exchange,
            serviceTarget(storage, attributes, exchange, (below) => (below > 0 ? random.int(below) : 0)),
            clock,
          ),
      },
    ],
    ["nodes/proxy", { connect: (attributes, exchange) => relay(exchange, nodeTarget(storage, attributes, exchange, needKubelet), clock) }],
  ]);
}
