export { thresholdsOf } from "./eviction/thresholds.ts";
export { type Kubelet, startKubelet } from "./kubelet.ts";
export { type KubeletOptions, usualEviction, usualImages } from "./options.ts";
export type { Runtime } from "./runtime/runtime.ts";
export { kubeletVersion } from "./version.ts";
