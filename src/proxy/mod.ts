export type { ProxyMode } from "./backend.ts";
export { type CompileOptions, compile, masqueradeMark } from "./compile.ts";
export { type Proxy, type ProxyOptions, startProxy } from "./proxy.ts";
export { type ServiceTable, serviceTable } from "./service-table.ts";
