/** What a volume of a pod is made of: the pod's own words, or those of the PersistentVolume that its claim is bound to. */
import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims, persistentvolumes, type Volume } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Client, isControlledBy, type NodeFacts, reaches } from "#client/mod.ts";
import { SetUpError, type VolumeSource } from "./plugin.ts";

export interface Resolved {
  /** As errors call it: a PersistentVolume by its own name. */
  name: string;
  source: VolumeSource;
  readOnly: boolean;
  /** Of a PersistentVolume: only one pod may use it. */
  exclusive: boolean;
  persistent: boolean;
  /** That led to it. */
  claim?: { namespace: string; name: string };
  /** A device for containers that ask for one, not a folder. */
  block: boolean;
}

/** The claim leads to no volume that this pod may have now. */
export class ClaimError extends Error {
  override name = "ClaimError";
}

export async function resolve(pod: Pod, volume: Volume, client: Client, node: () => Promise<NodeFacts>): Promise<Resolved> {
  const { name = "", persistentVolumeClaim, ephemeral } = volume;
  if (!persistentVolumeClaim && !ephemeral)
    return { name, source: volume, readOnly: false, exclusive: false, persistent: false, block: false };
  const { namespace } = pod.metadata;
  const claimName = persistentVolumeClaim?.claimName ?? `${pod.metadata.name}-${name}`;
  const fault = (why: string) => new ClaimError(`error processing PVC ${namespace}/${claimName}: ${why}`);
  const claim = await client.get(persistentvolumeclaims, { namespace: namespace!, name: claimName }).catch((error) => {
    throw fault(`failed to fetch PVC from API server: ${messageOf(error)}`);
  });
  const missing = faultOf(claim);
  if (missing) throw fault(missing);
  if (ephemeral && !isControlledBy(claim, pod))
    throw new ClaimError(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
  const volumeName = claim.spec!.volumeName!;
  const found = await client.get(persistentvolumes, { name: volumeName }).catch((error) => {
    throw fault(`failed to fetch PV ${volumeName} from API server: ${messageOf(error)}`);
  });
  const { claimRef, volumeMode = "Filesystem", accessModes = [] } = found.spec ?? {};
  if (!claimRef) throw fault(`found PV object ${volumeName} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid !== claim.metadata.uid)
    throw fault(
      `found PV object ${volumeName} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ""} does not point to claim.UID ${claim.metadata.uid}`,
    );
  checkMode(pod, name, volumeMode);
  if (found.spec?.nodeAffinity && !reaches(await node(), found))
    throw new SetUpError(
      volumeMode === "Block" ? "MapVolume.NodeAffinity check" : "MountVolume.NodeAffinity check",
      "no matching NodeSelectorTerms",
      volumeName,
    );
  return {
    name: volumeName,
    source: found.spec!,
    readOnly: persistentVolumeClaim?.readOnly === true,
    // With other modes beside it, it is not known which of them the pod means.
    exclusive: accessModes.length === 1 && accessModes[0] === "ReadWriteOncePod",
    persistent: true,
    claim: { namespace: namespace!, name: claimName },
    block: volumeMode === "Block",
  };
}

function faultOf({ metadata, spec, status }: PersistentVolumeClaim): string | undefined {
  // A protected claim stays as long as this pod is there.
  if (metadata.deletionTimestamp && !metadata.finalizers?.includes("kubernetes.io/pvc-protection")) return "PVC is being deleted";
  if (status?.phase !== "Bound") return "PVC is not bound";
  return spec?.volumeName ? undefined : "PVC has empty pvc.Spec.VolumeName";
}

function checkMode(pod: Pod, name: string, mode: string): void {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const all = [...containers, ...initContainers];
  const wrong = (field: string) => new ClaimError(`volume ${name} has volumeMode ${mode}, but is specified in ${field}`);
  if (mode !== "Filesystem" && all.some((each) => each.volumeMounts?.some((mount) => mount.name === name))) throw wrong("volumeMounts");
  if (mode !== "Block" && all.some((each) => each.volumeDevices?.some((device) => device.name === name))) throw wrong("volumeDevices");
}
