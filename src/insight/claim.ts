/** Why a claim has no volume. */
import type { Event, KubeObject, PersistentVolumeClaim, Pod, StorageClass } from "#api/mod.ts";
import { inNamespace, warnings, words } from "./common.ts";
import { type Facts, type Finding, seen, there, type Unseen } from "./finding.ts";

export interface AroundClaim {
  events: readonly Event[];
  /** The class that it names. */
  storageClass?: StorageClass | Unseen;
  /** Pods that use it. */
  users: readonly string[];
}

export async function explainClaim(claim: PersistentVolumeClaim & KubeObject, facts: Facts): Promise<Finding[]> {
  const { namespace, name } = claim.metadata;
  const className = claim.spec?.storageClassName;
  const [events, storageClass, pods] = await Promise.all([
    facts.events(claim),
    className ? facts.get<StorageClass & KubeObject>("storageclasses.storage.k8s.io", { name: className }) : undefined,
    facts.list<Pod & KubeObject>("pods", { namespace }),
  ]);
  const users = seen(pods)
    .filter(({ spec }) => spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === name))
    .map(({ metadata }) => metadata.name!);
  return [claimFinding(claim, { events, storageClass, users })];
}

export function claimFinding(claim: PersistentVolumeClaim & KubeObject, { events, storageClass, users }: AroundClaim): Finding {
  const about = `persistentvolumeclaim/${claim.metadata.name}`;
  const { spec = {}, status = {}, metadata } = claim;
  const said = warnings(events).map((event) => words(event));
  if (metadata.deletionTimestamp)
    return users.length > 0
      ? {
          about,
          state: "is Terminating: it is in use",
          because: [`pods use it: ${users.join(", ")}`],
          todo: ["it goes when they are gone"],
        }
      : { about, state: "is Terminating", because: [`finalizers wait: ${(metadata.finalizers ?? []).join(", ")}`], todo: [] };
  if (status.phase === "Lost")
    return {
      about,
      state: "is Lost: its volume is gone",
      because: [`there is no volume ${spec.volumeName}`, ...said],
      todo: ["its data are gone with the volume; delete the claim and make a new one"],
    };
  if (status.phase === "Bound") return { about, state: `is Bound to ${spec.volumeName}`, fine: said.length === 0, because: said, todo: [] };
  return { about, ...pending(claim, { events, storageClass, users }) };
}

function pending(claim: PersistentVolumeClaim & KubeObject, { events, storageClass, users }: AroundClaim): Omit<Finding, "about"> {
  const { spec = {} } = claim;
  const said = warnings(events).map((event) => words(event));
  const asks = `it asks for ${spec.resources?.requests?.storage ?? "no size"}, ${(spec.accessModes ?? []).join(",")}`;
  const state = "is Pending";
  if (spec.volumeName)
    return {
      state,
      because: [`it waits for the volume ${spec.volumeName}, which it names`, asks, ...said],
      todo: [`kubectl describe pv ${spec.volumeName}`],
    };
  if (!spec.storageClassName)
    return {
      state,
      because: [
        spec.storageClassName === "" ? "it wants no class: only a volume made by hand fits" : "it names no class, and there is no default",
        asks,
        ...said,
      ],
      todo: ["make a PersistentVolume that fits, or name a class: kubectl get storageclass"],
    };
  if (storageClass === "gone")
    return {
      state,
      because: [`there is no StorageClass ${spec.storageClassName}; a volume made by hand with that name of class would do`, asks, ...said],
      todo: ["kubectl get storageclass shows those that are there"],
    };
  const known = storageClass && there(storageClass);
  if (!known) return { state, because: [asks, ...said], todo: [] };
  if (known.volumeBindingMode === "WaitForFirstConsumer" && users.length === 0)
    return {
      state: "is Pending on purpose",
      fine: true,
      because: [`its class ${spec.storageClassName} makes the volume where the first pod runs, and no pod uses it yet`],
      todo: ["make the pod"],
    };
  if (known.volumeBindingMode === "WaitForFirstConsumer")
    return {
      state,
      because: [`its volume is made once its pod has a node (${users.join(", ")})`, asks, ...said],
      todo: users.slice(0, 1).map((user) => `kubectl why pod/${user}${inNamespace(claim)}`),
    };
  return {
    state,
    because: [`it waits for ${known.provisioner} to make a volume`, asks, ...said],
    todo: said.length > 0 ? [] : [`look whether the provisioner ${known.provisioner} runs`],
  };
}
