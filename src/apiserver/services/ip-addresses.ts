/** The IPAddress object that says which Service owns an address, as upstream's allocator writes it. */
import type { KubeObject } from "#api/mod.ts";
import { familyOf } from "#base/mod.ts";

export function ipAddressFor(address: string, service: { namespace?: string; name?: string }): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      labels: {
        "ipaddress.kubernetes.io/ip-family": familyOf(address),
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: { resource: "services", namespace: service.namespace, name: service.name } },
  } as KubeObject;
}
