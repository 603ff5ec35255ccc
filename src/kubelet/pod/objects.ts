/** The ConfigMaps, Secrets and other objects that pods here refer to: each followed only while some pod needs it. */

import { type ConfigMap, configmaps, type KubeObject, type Resource, type Secret, secrets } from "#api/mod.ts";
import { atMost, type Clock, type Log, type Random } from "#base/mod.ts";
import { type Client, type Informer, informer } from "#client/mod.ts";

export interface ReferencedObjects {
  /** Waits for the first answer about everything that the pod refers to. */
  hold(podUid: string, refs: readonly Reference[]): Promise<void>;
  release(podUid: string): void;
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  /** Called with the uid of each pod whose objects have changed. */
  onChange(handler: (podUid: string) => void): void;
  close(): void;
}

export interface Reference {
  kind: "configmap" | "secret";
  namespace: string;
  name: string;
}

interface Held {
  informer: Informer;
  pods: Set<string>;
  first: Promise<void>;
}

const firstAnswerMs = 5000;

export function referencedObjects(options: { client: Client; clock: Clock; random: Random; log: Log }): ReferencedObjects {
  const { client, clock, random, log } = options;
  const held = new Map<string, Held>();
  const byPod = new Map<string, Set<string>>();
  const handlers: ((podUid: string) => void)[] = [];
  const keyOf = ({ kind, namespace, name }: Reference) => `${kind}/${namespace}/${name}`;

  const open = (ref: Reference): Held => {
    const resource = (ref.kind === "configmap" ? configmaps : secrets) as Resource<KubeObject>;
    const follow = informer(client, resource, { namespace: ref.namespace, fieldSelector: `metadata.name=${ref.name}`, clock, random, log });
    const entry: Held = { informer: follow, pods: new Set(), first: atMost(clock, firstAnswerMs, follow.synced) };
    follow.onChange(() => {
      for (const pod of entry.pods) for (const handler of handlers) handler(pod);
    });
    return entry;
  };
  const find = (kind: Reference["kind"], namespace: string, name: string) =>
    held.get(keyOf({ kind, namespace, name }))?.informer.get(`${namespace}/${name}`);

  return {
    async hold(podUid, refs) {
      const keys = new Set(refs.map(keyOf));
      for (const old of byPod.get(podUid) ?? []) if (!keys.has(old)) drop(old, podUid);
      byPod.set(podUid, keys);
      const waits: Promise<void>[] = [];
      for (const ref of refs) {
        const key = keyOf(ref);
        let entry = held.get(key);
        if (!entry) held.set(key, (entry = open(ref)));
        entry.pods.add(podUid);
        if (!entry.informer.hasSynced()) waits.push(entry.first);
      }
      await Promise.all(waits);
    },
    release(podUid) {
      for (const key of byPod.get(podUid) ?? []) drop(key, podUid);
      byPod.delete(podUid);
    },
    configMap: (namespace, name) => find("configmap", namespace, name) as ConfigMap | undefined,
    secret: (namespace, name) => find("secret", namespace, name) as Secret | undefined,
    onChange: (handler) => void handlers.push(handler),
    close() {
      for (const { informer: follow } of held.values()) follow.close();
      held.clear();
    },
  };

  function drop(key: string, podUid: string): void {
    const entry = held.get(key);
    entry?.pods.delete(podUid);
    if (entry?.pods.size !== 0) return;
    entry.informer.close();
    held.delete(key);
  }
}
