/** The IngressClass that makes this the ingress of a cluster, and the default one. */
import { type IngressClass, ingressclasses } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { type Client, isAlreadyExists } from "#client/mod.ts";
import { className, controllerName } from "./routes/class.ts";

/** One that is there stays as it is: that it is no default any more is its owner's wish. */
export async function ensureIngressClass(client: Client, log: Log): Promise<void> {
  const ingressClass: IngressClass = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: className, annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
    spec: { controller: controllerName },
  };
  try {
    await client.create(ingressclasses, ingressClass);
  } catch (error) {
    if (!isAlreadyExists(error)) log.warn("ingress: the IngressClass could not be made", { error: messageOf(error) });
  }
}
