/**
 * Grows what is in a volume on its node, after the volume itself was grown: the claim tells how far that is, and is told when it is
 * done. A claim that says nothing of it was grown by a resizer of before the recovery from failures.
 */
import { type PersistentVolume, type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { timestamp } from "#client/mod.ts";
import { compareQuantity, parseQuantity, quantityValue } from "#codec/mod.ts";
import { CsiError } from "./driver.ts";
import { capability } from "./messages.ts";
import type { CsiTools } from "./tools.ts";
import type { CsiUse } from "./use.ts";

type Claim = PersistentVolumeClaim;

/** What is left to do; `finished`: nothing, on this node, until the size is another. */
export interface Expansion {
  size: string;
  finished: boolean;
}

const resizing = new Set(["FileSystemResizePending", "Resizing", "ControllerResizeError", "NodeResizeError"]);
const notRequired = "volume.kubernetes.io/node-expansion-not-required";
const code = { invalidArgument: 3, notFound: 5, failedPrecondition: 9, outOfRange: 11 } as const;
const infeasible: ReadonlySet<number> = new Set([code.invalidArgument, code.notFound, code.outOfRange]);

class NotSupported extends Error {
  override name = "NotSupported";
}

export interface Sizes {
  claim: Claim;
  volume: PersistentVolume;
  /** Of the claim as it is told, and of the volume. */
  have: string;
  want: string;
}

export async function sizesOf(use: CsiUse, { client }: CsiTools): Promise<Sizes> {
  const claim = await client.get(persistentvolumeclaims, use.claim!).catch((error) => {
    throw new Error(`mountVolume.NodeExpandVolume get PVC failed : ${messageOf(error)}`);
  });
  const volume = await client.get(persistentvolumes, { name: use.specName });
  return { claim, volume, have: claim.status?.capacity?.storage ?? "0", want: volume.spec?.capacity?.storage ?? "0" };
}

export const isLess = (a: string, b: string): boolean => compareQuantity(parseQuantity(a), parseQuantity(b)) < 0;

/** Rejects when it must be tried again; `paths`: where the driver finds it. `failedBefore`: it failed here for good. */
export async function expandOnNode(
  use: CsiUse,
  { claim, have, want }: Sizes,
  { from, failedBefore, paths }: { from: string; failedBefore: boolean; paths: Paths },
  tools: CsiTools,
): Promise<Expansion> {
  const { tell } = tools;
  if (use.readOnly) {
    const message = `MountVolume.NodeExpandVolume failed for volume ${JSON.stringify(use.specName)} requested read-only file system`;
    for (const about of [use.pod, claim]) tell(about, "Warning", "FileSystemResizeFailed", message);
    return { size: want, finished: true };
  }
  const state = claim.status?.allocatedResourceStatuses?.storage ?? "";
  if (state === "" && !claim.status?.allocatedResources) return expandPlainly(use, claim, { from, have, want, paths }, tools);
  const size = claim.status?.allocatedResources?.storage ?? want;
  const isDone = !isLess(have, size) && state === "";
  const isShared = isDone && claim.spec?.accessModes?.includes("ReadWriteMany") && claim.metadata.annotations?.[notRequired] === undefined;
  if (!isShared && state !== "NodeResizePending" && state !== "NodeResizeInProgress")
    return isDone ? { size, finished: true } : { size: from, finished: false };
  const current = isDone ? claim : await marked(claim, { allocatedResourceStatuses: { storage: "NodeResizeInProgress" } }, tools);
  try {
    await ask(use, size, paths, tools);
  } catch (error) {
    if (error instanceof NotSupported && isDone) return { size, finished: true };
    const cause = error instanceof Error ? error.cause : undefined;
    const refused = cause instanceof CsiError ? cause : undefined;
    if (!refused || refused.isFinal) {
      const isHopeless = infeasible.has(refused?.code ?? 0) || (failedBefore && claim.spec?.resources?.requests?.storage !== size);
      await noteFailure(current, messageOf(error), isHopeless, tools);
    }
    if (refused?.code === code.failedPrecondition) return { size: from, finished: true };
    throw error;
  }
  succeeded(use, claim, tools);
  if (!isDone) await finish(current, size, tools);
  return { size, finished: true };
}

interface Paths {
  path: string;
  stagingPath: string | undefined;
}

async function expandPlainly(
  use: CsiUse,
  claim: Claim,
  { from, have, want, paths }: { from: string; have: string; want: string; paths: Paths },
  tools: CsiTools,
): Promise<Expansion> {
  try {
    await ask(use, want, paths, tools);
  } catch (error) {
    if (error instanceof NotSupported) return { size: want, finished: true };
    const isInUse = error instanceof Error && error.cause instanceof CsiError && error.cause.code === code.failedPrecondition;
    if (isInUse) return { size: from, finished: true };
    throw error;
  }
  succeeded(use, claim, tools);
  if (isLess(have, want)) await finish(claim, want, tools);
  return { size: want, finished: true };
}

async function ask(use: CsiUse, size: string, { path, stagingPath }: Paths, { drivers, objects }: CsiTools): Promise<void> {
  const driver = drivers.find(use.driver);
  const can = await driver.capabilities().catch((cause) => {
    throw new Error(`Expander.NodeExpand failed to check if node supports expansion : ${messageOf(cause)}`, { cause });
  });
  if (!can.has(capability.expand)) throw new NotSupported(`NodeExpand is not supported by the CSI driver ${use.driver}`);
  const { expand } = use.secrets;
  const secrets = await objects.secret(expand).catch((error) => {
    throw new Error(`expander.NodeExpand failed to get NodeExpandSecretRef ${expand!.namespace}/${expand!.name}: ${messageOf(error)}`);
  });
  const requiredBytes = quantityValue(parseQuantity(size));
  const request = { handle: use.handle, path, stagingPath, requiredBytes, access: use.access, secrets };
  await driver.expand(request, can).catch((cause) => {
    const colon = infeasible.has((cause as CsiError).code) ? "" : ": ";
    throw new Error(`Expander.NodeExpand failed to expand the volume ${colon}${messageOf(cause)}`, { cause });
  });
}

function succeeded({ pod, specName }: CsiUse, claim: Claim, { tell, nodeName }: CsiTools): void {
  const message = `MountVolume.NodeExpandVolume succeeded for volume ${JSON.stringify(specName)} ${nodeName}`;
  for (const about of [pod, claim]) tell(about, "Normal", "FileSystemResizeSuccessful", message);
}

/** The claim has its size, and nothing is under way any more. */
async function finish(claim: Claim, size: string, tools: CsiTools): Promise<void> {
  const { storage: _, ...states } = claim.status?.allocatedResourceStatuses ?? {};
  const over = (claim.status?.conditions ?? []).flatMap(({ type = "" }) => (resizing.has(type) ? [{ type, $patch: "delete" }] : []));
  const status = {
    capacity: { storage: size },
    allocatedResourceStatuses: Object.keys(states).length > 0 ? { storage: null } : null,
    ...(over.length > 0 ? { conditions: over } : {}),
  };
  await marked(claim, status, tools).catch((error) => {
    throw new Error(`mountVolume.NodeExpandVolume update pvc status failed: ${messageOf(error)}`);
  });
}

async function noteFailure(claim: Claim, why: string, isHopeless: boolean, tools: CsiTools): Promise<void> {
  const { client, clock, log } = tools;
  const condition = {
    type: "NodeResizeError",
    status: "True",
    lastTransitionTime: timestamp(clock.now()),
    message: `failed to expand pvc with ${why}`,
  };
  // One that is true already keeps its words, as upstream's do.
  const isKnown = claim.status?.conditions?.some(({ type, status }) => type === condition.type && status === "True");
  const status = {
    ...(isKnown ? {} : { conditions: [condition] }),
    ...(isHopeless ? { allocatedResourceStatuses: { storage: "NodeResizeInfeasible" } } : {}),
  };
  const ref = { namespace: claim.metadata.namespace!, name: claim.metadata.name! };
  await client
    .patch(persistentvolumeclaims, ref, "strategic", { status }, { subresource: "status" })
    .catch((error) => log.warn("kubelet: a claim was not told that its volume could not grow", { ...ref, error: messageOf(error) }));
}

/** Only if nobody has changed it meanwhile. */
function marked({ metadata }: Claim, status: object, { client }: CsiTools): Promise<Claim> {
  const ref = { namespace: metadata.namespace!, name: metadata.name! };
  const patch = { metadata: { resourceVersion: metadata.resourceVersion }, status };
  return client.patch(persistentvolumeclaims, ref, "strategic", patch, { subresource: "status" });
}
