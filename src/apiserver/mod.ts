export { tokenSigner } from "./authn/token-keys.ts";
export type * from "./contract.ts";
export { type Listener, type ListenOptions, listen } from "./http/listener.ts";
export { gitVersion } from "./http/paths.ts";
export { openRegistry, type Registry, type RegistryOptions } from "./registry.ts";
export * from "./request/errors.ts";
export { createSecureApiServer, type SecureOptions } from "./secure.ts";
export { type ApiServer, type ServerParts, serve } from "./server.ts";
export { checkFlags } from "./settings/check-flags.ts";

export { serverFlags, shownValues } from "./settings/flags.ts";
export { followFile } from "./settings/follow-file.ts";
export { portTls } from "./settings/port-tls.ts";
