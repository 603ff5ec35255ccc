export { type DefaultWords, type KubeletSettings, settingsOf } from "./configuration/settings.ts";
export { deviceFolders } from "./devices/open.ts";
export { type Kubelet, startKubelet } from "./kubelet.ts";
export type { KubeletOptions } from "./options.ts";
export type { Runtime } from "./runtime/runtime.ts";
export { kubeletVersion } from "./version.ts";
