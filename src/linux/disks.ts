/** File systems on block devices: an empty device gets one, and nothing that holds data is ever written over. */
import { run, tryRun } from "./run.ts";

/** Large disks take long, and two at once on one device would ruin it: who comes meanwhile waits for the first. */
const underWay = new Map<string, Promise<void>>();
const longestFormatMs = 30 * 60_000;
const checkMs = 10 * 60_000;

export function prepareDisk(device: string, type: string, options: { readOnly: boolean }): Promise<void> {
  const known = underWay.get(device);
  if (known) return known;
  const work = prepare(device, type, options).finally(() => underWay.delete(device));
  underWay.set(device, work);
  return work;
}

async function prepare(device: string, type: string, { readOnly }: { readOnly: boolean }): Promise<void> {
  if (!/^[a-z0-9]+$/.test(type)) throw new Error(`${JSON.stringify(type)} is not the name of a file system`);
  const found = await contentOf(device);
  if (found.TYPE && found.TYPE !== type) throw new Error(`failed to mount the volume as "${type}", it already contains ${found.TYPE}`);
  if (!found.TYPE && found.PTTYPE)
    throw new Error(`failed to mount the volume as "${type}", it already contains unknown data, probably partitions`);
  if (found.TYPE) return readOnly ? undefined : check(device);
  if (readOnly) throw new Error(`cannot mount unformatted disk ${device} as we are manipulating it in read-only mode`);
  await run([`mkfs.${type}`, ...(formatWords[type] ?? []), device], { timeoutMs: longestFormatMs });
}

/** Nothing is asked, and no space is kept for root. */
const formatWords: Readonly<Record<string, readonly string[]>> = { ext3: ["-F", "-m0"], ext4: ["-F", "-m0"], xfs: ["-f"] };

/** `TYPE` of a file system, `PTTYPE` of a partition table; neither: the device is empty. */
async function contentOf(device: string): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await tryRun(["blkid", "-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "export", device]);
  const nothingFound = 2;
  if (code === nothingFound && stderr.trim() === "") return {};
  if (code !== 0) throw new Error(`blkid cannot tell what ${device} holds (exit ${code}): ${stderr.trim()}`);
  const pairs = stdout.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** Small faults are mended; others keep it from being mounted. */
async function check(device: string): Promise<void> {
  const { code, stdout } = await tryRun(["fsck", "-a", device], { timeoutMs: checkMs });
  const uncorrected = 4;
  if (code & uncorrected) throw new Error(`'fsck' found errors on device ${device} but could not correct them: ${stdout.trim()}`);
}
