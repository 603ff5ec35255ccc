export { hostPortsOf, routesOf } from "./assign.ts";
export { type Balancer, type BalancerOptions, startBalancer } from "./balancer.ts";
