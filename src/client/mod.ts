export { bodyOf, createClient, errorOf, patchContentTypes } from "./client.ts";
export * from "./contract.ts";
export { controllerOf, controllerReference, isControlledBy } from "./controller-ref.ts";
export { type EventRecorder, eventRecorder } from "./event-recorder.ts";
export { type HttpTransport, type HttpTransportOptions, httpTransport } from "./http-transport.ts";
export { type Index, index } from "./indexes.ts";
export { type Change, type Informer, type InformerOptions, informer, keyOf } from "./informer.ts";
export {
  inClusterTransport,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigContext,
  type KubeconfigUser,
  kubeconfigPaths,
  loadKubeconfig,
  transportFromKubeconfig,
  transportOptions,
} from "./kubeconfig.ts";
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  orUndefined,
  retryOnConflict,
} from "./refusals.ts";
export { type ControllerOptions, type RunningController, runController } from "./run-controller.ts";
export { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
