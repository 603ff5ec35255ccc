export { bodyOf, createClient, errorOf, patchContentTypes } from "./client.ts";
export * from "./contract.ts";
export { type EventRecorder, eventRecorder } from "./event-recorder.ts";
export { type HttpTransport, type HttpTransportOptions, httpTransport, watchEvents } from "./http-transport.ts";
export { type Index, index } from "./indexes.ts";
export { type Change, type Informer, type InformerOptions, informer, keyOf } from "./informer.ts";
export { emptyKubeconfig, loadKubeconfig, materialOf, readKubeconfig } from "./kubeconfig/config.ts";
export { credentialsOf } from "./kubeconfig/credentials.ts";
export { resolveTarget } from "./kubeconfig/target.ts";
export { leading } from "./leader-election.ts";
export * from "./objects/attached-volumes.ts";
export { conditionOf, withCondition, withoutCondition } from "./objects/conditions.ts";
export { disruptionTarget } from "./objects/disruption.ts";
export { fitsNodeSelectors, matchesNodeTerm, type NodeFacts, tolerates, untoleratedTaint } from "./objects/node-fit.ts";
export { controllerOf, controllerReference, isControlledBy } from "./objects/references.ts";
export { claimKeysOfPod, claimNameOf, claimWords, isReservedFor, reservedFor, toleratesDeviceTaint } from "./objects/resource-claims.ts";
export { microTimestamp, timeOf, timestamp } from "./objects/time.ts";
export * from "./objects/volume-binding.ts";
export { countUsage, isWithin, masked, sameAmounts, written } from "./quota/count.ts";
export { type Measure, measureOf, measuresFor } from "./quota/measures.ts";
export { type Amounts, addAmounts, amounts, podTotals } from "./quota/pod-totals.ts";
export { type Informers, informers } from "./reconcile/informers.ts";
export {
  type Caches,
  type Count,
  type Definition,
  type Hub,
  type Looking,
  type Reconciler,
  reconciler,
  type Source,
  via,
} from "./reconcile/reconciler.ts";
export { type RunningReconciler, type RunOptions, runReconciler } from "./reconcile/run.ts";
export {
  again,
  clear,
  create,
  type Failure,
  lanes,
  type Outcome,
  patch,
  refOf,
  remove,
  type Step,
  status,
  type Told,
  tell,
  update,
} from "./reconcile/step.ts";
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isNamespaceTerminating,
  isNotFound,
  orUndefined,
} from "./refusals.ts";
export { type ControllerOptions, type RunningController, runController } from "./run-controller.ts";
export { type AccountUser, serviceAccountUser } from "./service-account.ts";
export { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
