export { withoutController } from "./all.ts";
export { readRequest, signers } from "./certificate-requests/request.ts";
export { type Pace, usualPace } from "./horizontal-pod-autoscaler/seen.ts";
export { checkNodeRange } from "./node-ipam/see.ts";
export { type Evictions, usualEvictions } from "./node-lifecycle/plan.ts";
export { type Controllers, type ControllersOptions, controllerNames, startControllers } from "./start.ts";
