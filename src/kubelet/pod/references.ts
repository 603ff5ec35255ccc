/** What a pod refers to, so that it can be fetched before anything is started. */
import type { Pod } from "#api/mod.ts";
import type { Reference } from "./objects.ts";

export function referencesOf(pod: Pod): Reference[] {
  const namespace = pod.metadata.namespace ?? "default";
  const out = new Map<string, Reference>();
  const add = (kind: Reference["kind"], name: string | undefined) => {
    if (name) out.set(`${kind}/${name}`, { kind, namespace, name });
  };
  const spec = pod.spec ?? {};
  for (const secret of spec.imagePullSecrets ?? []) add("secret", secret.name);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add("configmap", from.configMapRef?.name);
      add("secret", from.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("configmap", valueFrom?.configMapKeyRef?.name);
      add("secret", valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    add("configmap", volume.configMap?.name);
    add("secret", volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add("configmap", source.configMap?.name);
      add("secret", source.secret?.name);
    }
  }
  return [...out.values()];
}
