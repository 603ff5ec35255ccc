/** Takes pods in order: two that fit alone, and not together, are never both taken. */
import { access } from "node:fs/promises";
import { release } from "node:os";
import type { Node, Pod } from "#api/mod.ts";
import type { RuntimeStatus } from "../runtime/runtime.ts";
import { type Refusal, refusalOf } from "./admit.ts";

export interface AdmissionOptions {
  /** The node's object as the API has it; resolves when it is known. */
  node(): Promise<Node>;
  /** Pods that hold on to what they asked for. */
  holding(): Pod[];
  features(): RuntimeStatus;
  /** Gives the pod the devices that it asks for. */
  devices?: { admit(pod: Pod): Promise<Refusal | undefined> };
  /** The node is short of something, and this pod is not for it now. */
  pressure(pod: Pod): Refusal | undefined;
  /** Beside the safe ones: names, or beginnings with `*`. */
  allowedUnsafeSysctls: readonly string[];
}

/** `take` is called before anything else can be asked, so that the next question counts this pod. */
export type Admit = (pod: Pod, take: () => void) => Promise<Refusal | undefined>;

export async function admission({ node, holding, features, devices, pressure, allowedUnsafeSysctls }: AdmissionOptions): Promise<Admit> {
  // Of this machine, and as it is when the kubelet starts.
  const appArmor = await access("/sys/kernel/security/apparmor/profiles").then(
    () => true,
    () => false,
  );
  const kernel = release();
  return async (pod, take) => {
    const known = await node();
    const others = holding().filter((other) => other.metadata.uid !== pod.metadata.uid);
    const { supplementalGroupsPolicy } = features();
    const refusal =
      pressure(pod) ?? refusalOf(pod, { node: known, others, supplementalGroupsPolicy, appArmor, kernel, allowedUnsafeSysctls });
    if (refusal) return refusal;
    take();
    return devices?.admit(pod);
  };
}
