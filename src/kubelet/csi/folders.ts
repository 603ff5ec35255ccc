/** Volumes of CSI drivers as folders: mounted once for the node where the driver wants that, and then for each pod. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "#base/mod.ts";
import { attachmentName } from "#client/mod.ts";
import { SetUpError } from "../volumes/plugin.ts";
import { CsiError, type Driver } from "./driver.ts";
import { type Capability, capability } from "./messages.ts";
import { readNotes, removeMountFolder, writeNotes } from "./places.ts";
import type { CsiTools } from "./tools.ts";
import { type CsiUse, lifecycleFault, ownsByGroup, podInfoOf } from "./use.ts";

const folderMode = 0o750;
const setUp = "MountVolume.SetUp";
const mountDevice = "MountVolume.MountDevice";
const csi = "kubernetes.io/csi:";

/** Gives what is in the folder to the pod's group. */
export type Own = (path: string, gid: number, mark: string) => Promise<void>;

/** For all pods of the node. Nothing is done where the driver has no such step. */
export async function stageFolder(use: CsiUse, publishContext: Record<string, string>, tools: CsiTools): Promise<void> {
  const failed = (error: unknown) => new SetUpError(mountDevice, messageOf(error));
  const driver = findDriver(
    use,
    tools,
    (why) => new SetUpError(mountDevice, `${csi} attacher.MountDevice failed to create newCsiDriverClient: ${why}`),
  );
  const { places, objects, files } = tools;
  const path = places.globalMount(use);
  try {
    const can = await driver.capabilities();
    if (!can.has(capability.stageUnstage)) return;
    const { stage } = use.secrets;
    const secrets = await objects.secret(stage).catch((error) => {
      throw new Error(`fetching NodeStageSecretRef ${stage!.namespace}/${stage!.name} failed: ${messageOf(error)}`);
    });
    await files.run(`folder ${path}`, async () => {
      await mkdir(path, { recursive: true, mode: folderMode });
      await writeNotes(dirname(path), { volumeHandle: use.handle, driverName: use.driver });
    });
    const { handle, access, attributes } = use;
    await driver.stage(
      { handle, publishContext, stagingPath: path, access: { ...access, group: groupFor(use, can) }, secrets, attributes },
      can,
    );
  } catch (error) {
    if (error instanceof CsiError && error.isFinal) await removeQuietly(path, tools);
    throw failed(error);
  }
}

/** Calls the driver again although the pod has the volume, when `again`: what is mounted then stays, whatever comes of it. */
export async function publishFolder(
  use: CsiUse,
  publishContext: Record<string, string>,
  { again, own }: { again: boolean; own: Own },
  tools: CsiTools,
): Promise<void> {
  const fault = (why: string) => new SetUpError(setUp, `${csi} mounter.SetUpAt failed to ${why}`);
  const driver = findDriver(use, tools, (why) => fault(`get CSI client: ${why}`));
  const { objects, places, files, nodeName } = tools;
  const known = await objects.driver(use.driver);
  const odd = lifecycleFault(use, known);
  if (odd) throw new SetUpError(setUp, `${csi} mounter.SetupAt failed to check volume lifecycle mode: ${odd}`);
  const ownsFiles = policyOf(use, known);
  const can = await driver.capabilities().catch((error) => {
    throw fault(`determine if the node service has VOLUME_MOUNT_GROUP capability: ${messageOf(error)}`);
  });
  const path = places.target(use.pod.metadata.uid!, use.specName);
  const secrets = await publishSecrets(use, tools);
  const tokens = known
    ? await objects.tokensFor(use.pod, known).catch((error) => {
        throw fault(`get service accoount token attributes: ${messageOf(error)}`);
      })
    : {};
  const inSecrets = known?.spec?.serviceAccountTokenInSecrets === true;
  const wasThere = await files.run(`notes of ${path}`, async () => {
    const before = await readNotes(dirname(path));
    await writeNotes(dirname(path), {
      specVolID: use.specName,
      volumeHandle: use.handle,
      driverName: use.driver,
      nodeName,
      attachmentID: attachmentName(use, nodeName),
      volumeLifecycleMode: use.ephemeral ? "Ephemeral" : "Persistent",
    });
    return before !== undefined;
  });
  const attributes = { ...use.attributes, ...(known?.spec?.podInfoOnMount ? podInfoOf(use) : {}), ...(inSecrets ? {} : tokens) };
  const { handle, access, readOnly } = use;
  try {
    await driver.publish(
      {
        handle,
        publishContext,
        stagingPath: !use.ephemeral && can.has(capability.stageUnstage) ? places.globalMount(use) : undefined,
        targetPath: path,
        access: { ...access, group: groupFor(use, can) },
        readOnly,
        attributes,
        secrets: { ...secrets, ...(inSecrets ? tokens : {}) },
      },
      can,
    );
  } catch (error) {
    if (error instanceof CsiError && error.isFinal && !wasThere && !again) await removeQuietly(path, tools);
    throw new SetUpError(setUp, messageOf(error));
  }
  const gid = use.pod.spec?.securityContext?.fsGroup;
  if (gid === undefined || !ownsFiles || can.has(capability.volumeMountGroup)) return;
  await own(path, gid, `${dirname(path)}/owned`).catch((error) => {
    throw new SetUpError(setUp, `applyFSGroup failed for vol ${handle}: ${messageOf(error)}`);
  });
}

export async function unpublishFolder(uid: string, specName: string, driver: Driver, handle: string, tools: CsiTools): Promise<void> {
  const path = tools.places.target(uid, specName);
  await driver.unpublish(handle, path);
  await tools.files.run(`removal of ${path}`, () => removeMountFolder(path, tools.isMounted));
}

export async function unstageFolder(driver: Driver, handle: string, tools: CsiTools): Promise<void> {
  const path = tools.places.globalMount({ driver: driver.name, handle });
  if ((await driver.capabilities()).has(capability.stageUnstage)) await driver.unstage(handle, path);
  await tools.files.run(`removal of ${path}`, () => removeMountFolder(path, tools.isMounted));
}

function findDriver(use: CsiUse, { drivers }: CsiTools, fault: (why: string) => Error): Driver {
  try {
    return drivers.find(use.driver);
  } catch (error) {
    throw fault(messageOf(error));
  }
}

function policyOf(use: CsiUse, known: Parameters<typeof ownsByGroup>[1]): boolean {
  try {
    return ownsByGroup(use, known);
  } catch (error) {
    throw new SetUpError(setUp, `${csi} mounter.SetupAt failed to check fsGroup policy: ${messageOf(error)}`);
  }
}

/** The pod's group, for a driver that can give a volume to one. */
const groupFor = ({ pod }: CsiUse, can: ReadonlySet<Capability>): number | undefined =>
  can.has(capability.volumeMountGroup) ? pod.spec?.securityContext?.fsGroup : undefined;

async function publishSecrets({ secrets: { publish } }: CsiUse, { objects }: CsiTools): Promise<Record<string, string>> {
  return objects.secret(publish).catch((error) => {
    throw new SetUpError(setUp, `fetching NodePublishSecretRef ${publish!.namespace}/${publish!.name} failed: ${messageOf(error)}`);
  });
}

/** After a failure that is told of by itself. */
async function removeQuietly(path: string, { files, isMounted, log }: CsiTools): Promise<void> {
  await files
    .run(`removal of ${path}`, () => removeMountFolder(path, isMounted))
    .catch((error) => log.warn("kubelet: the folder of a CSI volume stays", { path, error: messageOf(error) }));
}
