/** The streaming subresources, by `resource/subresource`. */
import type { Clock, Random } from "#base/mod.ts";
import type { Attributes, Connecter, Exchange, Storage } from "../contract.ts";
import { badRequest, methodNotAllowed } from "../request/errors.ts";
import { isWebSocket, logOverWebSocket } from "./log-socket.ts";
import { relay, type Target } from "./relay.ts";
import { type KubeletCredentials, kubeletTarget, nodeTarget, podTarget, serviceTarget } from "./targets.ts";
import { isTunnel, tunnel } from "./tunnel.ts";

export { type KubeletCredentials, kubeletAt } from "./targets.ts";

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
      if (attributes.subresource === "log" && exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      const target = kubeletTarget(storage, attributes, exchange, needKubelet);
      // The log of a pod that runs nowhere yet is empty.
      if (!target) exchange.respond(204, {}).end();
      else if (attributes.subresource === "log" && isWebSocket(exchange)) await logOverWebSocket(exchange, target);
      else if (attributes.subresource === "portforward" && isTunnel(exchange)) await tunnel(exchange, target, clock);
      else await relay(exchange, target, clock);
    },
  };
  const to = (find: (attributes: Attributes, exchange: Exchange) => Target): Connecter => ({
    async connect(attributes, exchange) {
      // Relative links of a page need the slash behind its path.
      const [path = "", query] = exchange.url.split("?");
      if (path.endsWith("/proxy") && !attributes.info.rest && (exchange.method === "GET" || exchange.method === "HEAD"))
        exchange.respond(301, { location: `${path}/${query === undefined ? "" : `?${query}`}` }).end();
      else await relay(exchange, find(attributes, exchange), clock);
    },
  });
  return new Map<string, Connecter>([
    ["pods/log", viaKubelet],
    ["pods/exec", viaKubelet],
    ["pods/attach", viaKubelet],
    ["pods/portforward", viaKubelet],
    ["pods/proxy", to((attributes, exchange) => podTarget(storage, attributes, exchange))],
    [
      "services/proxy",
      to((attributes, exchange) => serviceTarget(storage, attributes, exchange, (below) => (below > 0 ? random.int(below) : 0))),
    ],
    ["nodes/proxy", to((attributes, exchange) => nodeTarget(storage, attributes, exchange, needKubelet))],
  ]);
}
