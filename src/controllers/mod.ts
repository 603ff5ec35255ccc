export { withoutController } from "./all.ts";
export { type Controllers, type ControllersOptions, startControllers } from "./start.ts";
