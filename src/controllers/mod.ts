export { withoutController } from "./all.ts";
export { readRequest } from "./certificate-requests/request.ts";
export { type Controllers, type ControllersOptions, controllerNames, startControllers } from "./start.ts";
