export { type DefaultWords, type KubeletSettings, settingsOf } from "./configuration/settings.ts";
export { type ProviderPlaces, readProviders } from "./images/providers/config.ts";
export { type Kubelet, startKubelet } from "./kubelet.ts";
export type { KubeletOptions } from "./options.ts";
export { deviceFolders } from "./plugins/open.ts";
export type { Runtime } from "./runtime/runtime.ts";
export { kubeletVersion } from "./version.ts";
