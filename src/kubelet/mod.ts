export { type Kubelet, type KubeletOptions, startKubelet } from "./kubelet.ts";
export type { Runtime } from "./runtime/runtime.ts";
export { kubeletVersion } from "./version.ts";
