/** The class that a cluster has from the start, and what its provisioner is called. */
import { type StorageClass, storageclasses } from "#api/mod.ts";
import { type Client, isAlreadyExists } from "#client/mod.ts";

export const provisionerName = "spoke.dev/local-path";

/** Of a volume whose data goes with it: it stays until they are gone. The name that upstream's provisioners use. */
export const dataFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

const localPath: StorageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
};

/** Made where it is missing; one that was changed stays as it is. */
export async function ensureLocalPathClass(client: Client): Promise<void> {
  try {
    await client.create(storageclasses, localPath);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
