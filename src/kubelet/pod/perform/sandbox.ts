/** Makes a pod's sandbox: first what it needs outside of the runtime, then its control group, then the sandbox itself. */
import { mkdir } from "node:fs/promises";
import { backoffMs, messageOf } from "#base/mod.ts";
import { runtimeMessage } from "../../images/images.ts";
import { VolumesWait } from "../../volumes/plugin.ts";
import { VolumeError } from "../../volumes/volumes.ts";
import { logFolder, sandboxConfig, withUsers } from "../config.ts";
import type { Outcome, PodContext } from "../context.ts";
import { prepare } from "./prepare.ts";

const volumeRetry = { baseMs: 500, maxMs: 30_000 };
/** Upstream's: so long a pod waits for its volumes to be attached before that is told. */
const attachMs = 123_000;
const sandboxRetry = { baseMs: 1000, maxMs: 60_000 };

export async function createSandbox(attempt: number, at: PodContext): Promise<Outcome> {
  const { node, pod, history } = at;
  const failures = (history.sandbox?.failures ?? 0) + 1;
  const failed = (retry: typeof volumeRetry): Outcome => ({
    changed: false,
    learned: { sandbox: { failures, untilMs: node.clock.now() + backoffMs(failures, retry) } },
  });
  try {
    await prepare(at, []);
  } catch (error) {
    if (error instanceof VolumesWait && node.clock.now() < error.sinceMs + attachMs)
      return { changed: false, learned: { sandbox: { failures: failures - 1, untilMs: error.sinceMs + attachMs } } };
    at.tell("Warning", error instanceof VolumeError ? error.reason : "FailedMount", messageOf(error));
    if (error instanceof VolumesWait) node.volumes.waitsAnew(at.uid);
    return failed(volumeRetry);
  }
  try {
    await prepareClaims(at);
    const handler = await node.runtimeHandler(pod.spec?.runtimeClassName);
    const users = await node.users.of(pod, handler, node.features().handlers);
    await node.cgroups.make(pod);
    await node.files.run("log folder", () => mkdir(logFolder(pod, node.settings), { recursive: true }));
    await node.runtime.runSandbox(withUsers(sandboxConfig(pod, attempt, node.settings), users), handler);
    node.metrics.startedPods.add();
  } catch (error) {
    node.metrics.startedPodErrors.add();
    if (error instanceof ClaimError)
      at.tell("Warning", "FailedPrepareDynamicResources", `Failed to prepare dynamic resources: ${error.message}`);
    else at.tell("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${runtimeMessage(error)}`);
    return failed(sandboxRetry);
  }
  if (attempt > 0) at.tell("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
  return { changed: true, learned: { sandbox: undefined } };
}

class ClaimError extends Error {
  override name = "ClaimError";
}

/** Without its devices a pod does not start. */
async function prepareClaims({ node, pod }: PodContext): Promise<void> {
  const names = (pod.spec?.resourceClaims ?? []).map((claim) => claim.name);
  if (names.length === 0) return;
  if (!node.claims) throw new ClaimError(`no DRA driver is registered on this node for the claims ${names.join(", ")}`);
  try {
    await node.claims.prepare(pod);
  } catch (cause) {
    throw new ClaimError(runtimeMessage(cause), { cause });
  }
}
