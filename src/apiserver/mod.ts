export type * from "./contract.ts";
export * from "./errors.ts";
export { type Listener, type ListenOptions, listen } from "./listener.ts";
export { gitVersion } from "./paths.ts";
export { createSecureApiServer, type SecureOptions } from "./secure.ts";
export { type ApiServer, type ApiServerOptions, createApiServer } from "./server.ts";
