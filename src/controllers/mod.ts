export { type Controllers, type ControllersOptions, startControllers, withoutController } from "./start.ts";
