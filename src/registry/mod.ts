export { type Door, openRegistry, type Registry, type RegistryOptions } from "./registry.ts";
