export { ensureIngressClass } from "./class-object.ts";
export { type IngressOptions, type IngressServer, ingressLease, startIngress } from "./ingress.ts";
