/**
 * What each node has to do with: its pods, and what those refer to.
 *
 *     node ← pod ← secret, configmap, service account, resource claim, claim ← volume ← secret
 *     node ← volume attachment, resource slice
 *
 * A pod's edges follow its references: ephemeral containers and generated claims come later than the pod.
 */
import {
  type PersistentVolume,
  type Pod,
  persistentvolumes,
  pods,
  type ResourceSlice,
  resourceslices,
  type VolumeAttachment,
  volumeattachments,
} from "#api/mod.ts";
import type { Storage } from "../contract.ts";
import { podClaims, podConfigMaps, podResourceClaims, podSecrets, volumeSecretsOf } from "./pod-references.ts";

export type NodeVertex =
  | "pods"
  | "secrets"
  | "configmaps"
  | "serviceaccounts"
  | "persistentvolumeclaims"
  | "persistentvolumes"
  | "resourceclaims"
  | "volumeattachments"
  | "resourceslices";

/** Quoted, because the parts of a question are user input: no namespace may read like another one with a name. */
const keyOf = (kind: NodeVertex, namespace: string, name: string) => JSON.stringify([kind, namespace, name]);

interface Followed {
  node: string;
  /** Changes exactly when the references may have. */
  mark: string;
  refs: string[];
}

export class NodeGraph {
  readonly #pods = new Map<string, Followed>();
  /** What is referred to → the nodes that have to do with it, each by how many pods. */
  readonly #nodes = new Map<string, Map<string, number>>();
  readonly #volumes = new Map<string, { claim: string; secrets: string[] }>();
  readonly #volumesOfSecret = new Map<string, Set<string>>();
  readonly #direct = new Map<string, string>();

  /** Follows what is stored. */
  follow(storage: Storage): () => void {
    const direct = (kind: NodeVertex, name: string, node: string | undefined) => {
      const key = keyOf(kind, "", name);
      if (node) this.#direct.set(key, node);
      else this.#direct.delete(key);
    };
    const stops = [
      storage.subscribe(pods, (type, object) => (type === "DELETED" ? this.removePod(object as Pod) : this.setPod(object as Pod))),
      storage.subscribe(persistentvolumes, (type, object) => this.setVolume(object as PersistentVolume, type === "DELETED")),
      storage.subscribe(volumeattachments, (type, object) =>
        direct("volumeattachments", object.metadata.name!, type === "DELETED" ? undefined : (object as VolumeAttachment).spec?.nodeName),
      ),
      storage.subscribe(resourceslices, (type, object) =>
        direct("resourceslices", object.metadata.name!, type === "DELETED" ? undefined : (object as ResourceSlice).spec?.nodeName),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  reaches(node: string, kind: NodeVertex, namespace: string, name: string): boolean {
    const key = keyOf(kind, namespace, name);
    if (this.#nodes.get(key)?.has(node)) return true;
    if (kind === "persistentvolumes") return this.#usesVolume(node, name);
    if (kind === "secrets") {
      for (const volume of this.#volumesOfSecret.get(key) ?? []) if (this.#usesVolume(node, volume)) return true;
      return false;
    }
    return this.#direct.get(key) === node;
  }

  #usesVolume(node: string, volume: string): boolean {
    const claim = this.#volumes.get(volume)?.claim;
    return claim !== undefined && this.#nodes.get(claim)?.has(node) === true;
  }

  setPod(pod: Pod): void {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const key = keyOf("pods", namespace, name);
    const node = pod.spec?.nodeName;
    const { resourceClaimStatuses, extendedResourceClaimStatus } = pod.status ?? {};
    const mark = JSON.stringify([uid, node, pod.spec?.ephemeralContainers?.length, resourceClaimStatuses, extendedResourceClaimStatus]);
    if (this.#pods.get(key)?.mark === mark) return;
    this.#forget(key);
    if (!node) return;
    const refs = [...new Set([key, ...referencesOf(pod)])];
    this.#pods.set(key, { node, mark, refs });
    for (const ref of refs) {
      const nodes = this.#nodes.get(ref) ?? new Map<string, number>();
      this.#nodes.set(ref, nodes.set(node, (nodes.get(node) ?? 0) + 1));
    }
  }

  removePod({ metadata: { namespace = "", name = "" } }: Pod): void {
    this.#forget(keyOf("pods", namespace, name));
  }

  #forget(key: string): void {
    const before = this.#pods.get(key);
    if (!before) return;
    this.#pods.delete(key);
    for (const ref of before.refs) {
      const nodes = this.#nodes.get(ref)!;
      const count = nodes.get(before.node)! - 1;
      if (count > 0) nodes.set(before.node, count);
      else if (nodes.size > 1) nodes.delete(before.node);
      else this.#nodes.delete(ref);
    }
  }

  setVolume(volume: PersistentVolume, gone: boolean): void {
    const name = volume.metadata.name ?? "";
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      const volumes = this.#volumesOfSecret.get(secret)!;
      volumes.delete(name);
      if (volumes.size === 0) this.#volumesOfSecret.delete(secret);
    }
    this.#volumes.delete(name);
    const claim = volume.spec?.claimRef;
    if (gone || !claim) return;
    const secrets = volumeSecretsOf(volume).map((secret) => keyOf("secrets", secret.namespace, secret.name));
    this.#volumes.set(name, { claim: keyOf("persistentvolumeclaims", claim.namespace ?? "", claim.name ?? ""), secrets });
    for (const secret of secrets) this.#volumesOfSecret.set(secret, (this.#volumesOfSecret.get(secret) ?? new Set()).add(name));
  }
}

/** A mirror pod is written by its node: it opens nothing, whatever it names. */
function referencesOf(pod: Pod): string[] {
  const { namespace = "", annotations } = pod.metadata;
  if (annotations?.["kubernetes.io/config.mirror"] !== undefined) return [];
  const all = (kind: NodeVertex, names: string[]) => names.map((name) => keyOf(kind, namespace, name));
  return [
    ...all("serviceaccounts", pod.spec?.serviceAccountName ? [pod.spec.serviceAccountName] : []),
    ...all("secrets", podSecrets(pod)),
    ...all("configmaps", podConfigMaps(pod)),
    ...all("persistentvolumeclaims", podClaims(pod)),
    ...all("resourceclaims", podResourceClaims(pod)),
  ];
}
