export { ensureIngressClass } from "./class-object.ts";
export { type IngressOptions, type IngressServer, startIngress } from "./ingress.ts";
