/** Claims and ingresses that name no class get the default one; volumes and claims are kept while they are used. */
import {
  type Ingress,
  type IngressClass,
  ingressclasses,
  type KubeObject,
  type PersistentVolumeClaim,
  type StorageClass,
  storageclasses,
} from "#api/mod.ts";
import { defaultClassOf, namesClass } from "#client/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { on } from "./match.ts";

const isDefault = (object: KubeObject, keys: string[]) => keys.some((key) => object.metadata.annotations?.[key] === "true");

/** Of several defaults the newest wins, then the first by name. */
function newest<T extends KubeObject>(objects: T[]): T | undefined {
  const at = (object: T) => Date.parse(object.metadata.creationTimestamp ?? "") || 0;
  return objects.toSorted((a, b) => at(b) - at(a) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))[0];
}

export function defaultStorageClass(storage: Storage): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    matches: [on("", "persistentvolumeclaims", "CREATE")],
    admit({ object }) {
      const claim = object as PersistentVolumeClaim;
      if (namesClass(claim)) return;
      const chosen = defaultClassOf(storage.list(storageclasses) as StorageClass[]);
      if (chosen) (claim.spec ??= {}).storageClassName = chosen.metadata.name;
    },
  };
}

export function defaultIngressClass(storage: Storage): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    matches: [on("networking.k8s.io", "ingresses", "CREATE")],
    admit({ object }) {
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined)
        return;
      const chosen = newest(
        (storage.list(ingressclasses) as IngressClass[]).filter((each) => isDefault(each, ["ingressclass.kubernetes.io/is-default-class"])),
      );
      if (chosen) (ingress.spec ??= {}).ingressClassName = chosen.metadata.name;
    },
  };
}

const protections: Record<string, string> = { persistentvolumes: "pv", persistentvolumeclaims: "pvc", volumeattributesclasses: "vac" };

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  matches: [
    on("", "persistentvolumeclaims", "CREATE"),
    on("", "persistentvolumes", "CREATE"),
    on("storage.k8s.io", "volumeattributesclasses", "CREATE"),
  ],
  admit({ object, resource }) {
    const finalizer = `kubernetes.io/${protections[resource]}-protection`;
    const { metadata } = object!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
