/** What a kubelet follows of the API for as long as it runs: its pods, its node, and the services that pods are told of. */
import { type Node, nodes, type Pod, pods, services } from "#api/mod.ts";
import type { Lifetime } from "#base/mod.ts";
import { type Informer, informer } from "#client/mod.ts";
import type { KubeletOptions } from "./options.ts";

export interface Followed {
  own: Informer<Pod>;
  services: Informer;
  node: Informer<Node>;
}

export function followObjects({ client, nodeName, clock, random, log }: KubeletOptions, lifetime: Lifetime): Followed {
  const followed = {
    services: informer(client, services, { clock, log, random }),
    own: informer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, log, random }),
    node: informer(client, nodes, { fieldSelector: `metadata.name=${nodeName}`, clock, log, random }),
  };
  for (const each of Object.values(followed)) lifetime.add(() => each.close());
  return followed;
}
