/** Every pod runs as a service account; its token, the CA and the namespace come into each container as files. */

import { type Pod, type ServiceAccount, serviceaccounts, type Volume } from "#api/mod.ts";
import { type Clock, nameSuffix, type Random } from "#base/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { forbidden } from "../request/errors.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
const defaultTurns = 10;
const turnMs = 150;
const mirror = "kubernetes.io/config.mirror";

export function serviceAccountAdmission(storage: Storage, random: Random, clock: Clock): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: ({ operation, resource, group, subresource }) =>
      operation === "CREATE" && resource === "pods" && group === "" && subresource === "",
    async admit({ object, namespace }) {
      const pod = object as Pod;
      const spec = (pod.spec ??= {});
      if (pod.metadata.annotations?.[mirror] !== undefined) return;
      spec.serviceAccountName ||= spec.serviceAccount || "default";
      spec.serviceAccount = spec.serviceAccountName;
      const find = () => storage.get(serviceaccounts, { namespace, name: spec.serviceAccountName! }) as ServiceAccount | undefined;
      let account = find();
      // A new namespace gets its default account from a controller, a moment later.
      for (let turn = 1; !account && spec.serviceAccountName === "default" && turn < defaultTurns; turn++) {
        await new Promise<void>((resolve) => void clock.after(turnMs, resolve));
        account = find();
      }
      const refuse = (why: string) => forbidden({ group: "", resource: "pods" }, pod.metadata.name ?? "", why);
      if (!account)
        throw refuse(
          `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
        );
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, random);
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
    },
  };
}

function mountToken(spec: NonNullable<Pod["spec"]>, random: Random): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const there = (spec.volumes ?? []).find((volume) => volume.name?.startsWith(volumePrefix));
  const name = there?.name ?? `${volumePrefix}${nameSuffix(random)}`;
  let needed = false;
  for (const container of containers) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    needed = true;
  }
  if (needed && !there) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
      defaultMode: 420,
    },
  };
}
