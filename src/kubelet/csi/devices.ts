/** Volumes of CSI drivers as devices: staged once for the node, published for each pod, which finds its device by a link. */
import { mkdir, open, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "#base/mod.ts";
import { attachmentName } from "#client/mod.ts";
import { SetUpError } from "../volumes/plugin.ts";
import { CsiError, type Driver } from "./driver.ts";
import { capability } from "./messages.ts";
import { removeEmpty, removeOnOneDisk, writeNotes } from "./places.ts";
import type { CsiTools } from "./tools.ts";
import { type CsiUse, podInfoOf, type SecretRef } from "./use.ts";

const folderMode = 0o750;
const stageStep = "MapVolume.SetUpDevice";
const mapStep = "MapVolume.MapPodDevice";
const csi = "kubernetes.io/csi:";

export async function stageDevice(use: CsiUse, publishContext: Record<string, string>, tools: CsiTools): Promise<void> {
  const { places, files, nodeName } = tools;
  const { specName, handle, access, attributes } = use;
  await files.run(`notes of ${specName}`, () =>
    writeNotes(places.deviceNotes(specName), {
      specVolID: specName,
      volumeHandle: handle,
      driverName: use.driver,
      nodeName,
      attachmentID: attachmentName(use, nodeName),
    }),
  );
  try {
    const driver = found(use, tools, "SetUpDevice");
    const can = await driver.capabilities().catch((error) => {
      throw new Error(`${csi} blockMapper.stageVolumeForBlock failed to check STAGE_UNSTAGE_VOLUME capability: ${messageOf(error)}`);
    });
    if (!can.has(capability.stageUnstage)) return;
    const secrets = await secretsOf(use.secrets.stage, "NodeStageSecretRef", "", tools);
    const stagingPath = places.stagingOf(specName);
    await files.run(`folder ${stagingPath}`, () => mkdir(stagingPath, { recursive: true, mode: folderMode }));
    await driver.stage({ handle, publishContext, stagingPath, access, secrets, attributes }, can);
  } catch (error) {
    if (error instanceof CsiError && error.isFinal)
      await files.run(`removal of ${specName}`, () => removeLeftovers(specName, tools)).catch(() => {});
    throw new SetUpError(stageStep, messageOf(error));
  }
}

export async function publishDevice(use: CsiUse, publishContext: Record<string, string>, tools: CsiTools): Promise<void> {
  const { places, files, objects, tell } = tools;
  const { specName, handle, access, readOnly, pod } = use;
  const uid = pod.metadata.uid!;
  const targetPath = places.publishedDevice(uid, specName);
  try {
    const driver = found(use, tools, "MapPodDevice");
    const can = await driver.capabilities();
    const known = await objects.driver(use.driver);
    const secrets = await secretsOf(use.secrets.publish, "NodePublishSecretRef", "blockMapper.publishVolumeForBlock ", tools);
    await files.run(`folder ${dirname(targetPath)}`, async () => {
      await mkdir(dirname(targetPath), { recursive: true, mode: folderMode });
      // Before the driver is asked: by the link it is known what must be taken back.
      await linkTo(targetPath, places.podDevice(uid, specName));
    });
    const attributes = { ...use.attributes, ...(known?.spec?.podInfoOnMount ? podInfoOf(use) : {}) };
    const stagingPath = places.stagingOf(specName);
    await driver.publish({ handle, publishContext, stagingPath, targetPath, access, readOnly, secrets, attributes }, can);
  } catch (error) {
    throw new SetUpError(mapStep, messageOf(error));
  }
  const global = places.globalDevice(uid, specName);
  try {
    await files.run(`device ${global}`, () => bind(targetPath, global, tools));
  } catch (error) {
    throw new SetUpError("MapVolume.MapBlockVolume", messageOf(error));
  }
  const mapped = (what: string, path: string) =>
    tell(
      pod,
      "Normal",
      "SuccessfulMountVolume",
      `MapVolume.MapPodDevice succeeded for volume ${JSON.stringify(specName)} ${what} ${JSON.stringify(path)}`,
    );
  mapped("globalMapPath", dirname(global));
  mapped("volumeMapPath", dirname(places.podDevice(uid, specName)));
}

export async function unpublishDevice(uid: string, specName: string, driver: Driver, handle: string, tools: CsiTools): Promise<void> {
  const { places, files, unmountUnder } = tools;
  const global = places.globalDevice(uid, specName);
  await files.run(`device ${global}`, async () => {
    await unmountUnder(global);
    await removeEmpty(global);
  });
  await driver.unpublish(handle, places.publishedDevice(uid, specName));
  // The link last: by it the rest is found.
  await files.run(`device of ${uid}`, () => removeEmpty(places.podDevice(uid, specName)));
}

export async function unstageDevice(specName: string, driver: Driver, handle: string, tools: CsiTools): Promise<void> {
  const staging = tools.places.stagingOf(specName);
  if ((await driver.capabilities()).has(capability.stageUnstage)) await driver.unstage(handle, staging);
  await tools.files.run(`removal of ${specName}`, () => removeLeftovers(specName, tools));
}

/** What drivers left in the staging folder goes too, but nothing that is mounted. */
async function removeLeftovers(specName: string, { places }: CsiTools): Promise<void> {
  await removeEmpty(places.publishFolder(specName));
  await removeOnOneDisk(places.stagingOf(specName));
  await removeEmpty(dirname(places.globalDevice("any", specName)));
  await rm(places.deviceNotes(specName), { recursive: true, force: true });
  await removeEmpty(places.deviceFolder(specName));
}

function found(use: CsiUse, { drivers }: CsiTools, step: string): Driver {
  try {
    return drivers.find(use.driver);
  } catch (error) {
    throw new Error(`${csi} blockMapper.${step} failed to get CSI client: ${messageOf(error)}`);
  }
}

async function secretsOf(ref: SecretRef | undefined, what: string, who: string, { objects }: CsiTools): Promise<Record<string, string>> {
  return objects.secret(ref).catch((error) => {
    throw new Error(`${csi} ${who}failed to get ${what} ${ref!.namespace}/${ref!.name}: ${messageOf(error)}`);
  });
}

async function linkTo(target: string, link: string): Promise<void> {
  await mkdir(dirname(link), { recursive: true, mode: folderMode });
  await symlink(target, link).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
}

async function bind(device: string, path: string, { isMounted, mount }: CsiTools): Promise<void> {
  if (await isMounted(path)) return;
  await mkdir(dirname(path), { recursive: true, mode: folderMode });
  await (await open(path, "a", 0o640)).close();
  await mount(device, path, { type: "", flags: ["bind"] });
}
