/** Starts one container: image, volumes and environment, the container itself, its postStart hook. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Container } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { RuntimeImage } from "../../runtime/runtime.ts";
import type { SeenPod } from "../../runtime/seen.ts";
import { devicesOf, MountError, mountsOf } from "../../volumes/mounts.ts";
import { existingInside, SubPathError } from "../../volumes/sub-path.ts";
import { type MountedVolume, VolumeError } from "../../volumes/volumes.ts";
import { containerConfig, logFolder, RunAsError, sandboxConfig, withUsers } from "../config.ts";
import { type AnyContainer, graceOf, newestOf } from "../containers.ts";
import type { Outcome, PodContext } from "../context.ts";
import { EnvError, environmentOf, expand } from "../env.ts";
import { variableOf } from "../env-file.ts";
import type { Trouble } from "../history.ts";
import { runHook } from "../hooks.ts";
import { hostsFile } from "../hostname.ts";
import { terminationLog } from "../messages.ts";
import type { PodStep } from "../steps.ts";
import { countVolumes, type PulledVolumes, pullVolumes, viewVolumes } from "./image-volumes.ts";
import { prepare } from "./prepare.ts";
import { pull } from "./pull.ts";

/** As upstream's metrics call them. */
const kinds = { init: "init_container", sidecar: "init_container", regular: "container", ephemeral: "ephemeral_container" } as const;
const configRetryMs = 5000;
const volumeRetryMs = 500;
const networkRetryMs = 1000;
/** That a container could not be started is told for so long before its back-off is. */
const errorShownMs = 1000;
const longestHookMs = 3_600_000;

export async function startContainer(step: Extract<PodStep, { do: "startContainer" }>, at: PodContext): Promise<Outcome> {
  const { node, pod } = at;
  const { name, restartCount } = step;
  const container = at.find(name);
  const seen = at.seen();
  const sandbox = seen?.sandboxes[0];
  if (!container || !sandbox) return { changed: false };
  const fails = (reason: string, message: string, waitMs: number, changed = false): Outcome => ({
    changed,
    learned: { trouble: { [name]: { reason, message, untilMs: node.clock.now() + waitMs } } },
  });
  const network = pod.spec?.hostNetwork ? Promise.resolve("") : node.network.admit(pod, sandbox.ips).then(() => "", messageOf);
  const { image: wanted = "", imagePullPolicy: policy = "IfNotPresent" } = container;
  const waits = (trouble: Trouble): Outcome => ({ changed: false, learned: { trouble: { [name]: trouble } } });
  const forVolumes = await pullVolumes(container, at);
  if ("trouble" in forVolumes) return waits(forVolumes.trouble);
  const { volumes } = forVolumes;
  const pulled = await pull({ image: wanted, policy, name }, at);
  if ("trouble" in pulled) return waits(pulled.trouble);
  const notReady = await network;
  if (notReady) {
    at.tell("Warning", "NetworkNotReady", `network is not ready: ${notReady}`);
    return fails("ContainerCreating", "", networkRetryMs);
  }
  let id: string;
  try {
    const config = await configOf(container, { restartCount, image: pulled.image, volumes }, seen, at);
    const users = await node.users.of(pod, await node.runtimeHandler(pod.spec?.runtimeClassName), node.features().handlers);
    const ofSandbox = withUsers(sandboxConfig(pod, sandbox.attempt, node.settings), users);
    id = await node.runtime.createContainer(sandbox.id, withUsers(config, users), ofSandbox);
    countVolumes(volumes, node);
    if ("resources" in container) await at.allocation.isActual(id, container.resources ?? {});
  } catch (error) {
    const text = messageOf(error);
    countVolumes(volumes, node, text);
    if (error instanceof VolumeError) {
      at.tell("Warning", error.reason, text);
      return fails("ContainerCreating", "", volumeRetryMs);
    }
    node.metrics.startedContainerErrors.add({ container_type: kinds[step.role], code: "CreateContainerError" });
    const isConfig = [EnvError, RunAsError, SubPathError, MountError].some((kind) => error instanceof kind);
    at.tell("Warning", "Failed", `Error: ${text}`, name);
    return fails(isConfig ? "CreateContainerConfigError" : "CreateContainerError", text, configRetryMs);
  }
  at.tell("Normal", "Created", "Container created", name);
  try {
    await node.runtime.startContainer(id);
  } catch (error) {
    const text = messageOf(error);
    at.tell("Warning", "Failed", `Error: ${text}`, name);
    node.metrics.startedContainerErrors.add({ container_type: kinds[step.role], code: "RunContainerError" });
    // The runtime has it as ended: when it is tried again is a matter of crashes.
    return fails("RunContainerError", text, errorShownMs, true);
  }
  node.metrics.startedContainers.add({ container_type: kinds[step.role] });
  at.tell("Normal", "Started", "Container started", name);
  await postStart(id, container, sandbox.ip, at);
  return { changed: true, learned: { trouble: { [name]: undefined } } };
}

async function postStart(id: string, container: AnyContainer, ip: string, { node, pod, tell }: PodContext): Promise<void> {
  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  const { runtime, clock } = node;
  try {
    await runHook({ hook, id, container: container as Container, ip, runtime, clock, timeoutMs: longestHookMs });
  } catch (error) {
    tell("Warning", "FailedPostStartHook", `PostStartHook failed: ${messageOf(error)}`, container.name);
    await runtime.stopContainer(id, graceOf(pod));
  }
}

interface Ready {
  restartCount: number;
  image: RuntimeImage;
  volumes: PulledVolumes;
}

async function configOf(container: AnyContainer, { restartCount, image, ...ready }: Ready, seen: SeenPod, at: PodContext): Promise<object> {
  const { node, pod } = at;
  const { name = "" } = container;
  const podIps = pod.spec?.hostNetwork ? node.hostIps : seen.sandboxes[0]!.ips;
  const volumes = await prepare(at, podIps);
  const given = await node.devices?.forContainer(pod, container);
  const cdiDevices = [...(given?.cdiDevices ?? []), ...(node.claims?.cdiDevices(pod, container) ?? [])];
  const disks = devicesOf(container, volumes);
  // The container's own words win over those of a plugin.
  const environment = new Map([...Object.entries(given?.envs ?? {}), ...(await environmentFor(container, podIps, volumes, at))]);
  const mounts = await mountsOf(container, {
    volumes,
    images: await viewVolumes(ready.volumes, at),
    variable: (key) => environment.get(key),
    expand,
    selinux: node.settings.selinux,
    recursiveReadOnly: node.features().handlers.find((each) => each.name === "")?.recursiveReadOnly === true,
  });
  for (const { containerPath, hostPath, readOnly } of given?.mounts ?? []) mounts.push({ containerPath, hostPath, readonly: readOnly });
  const relabel = node.settings.selinux ? { selinuxRelabel: true } : {};
  const folder = node.volumes.folder(at.uid);
  if (!mounts.some((mount) => mount.containerPath === "/etc/hosts")) {
    const hosts = join(folder, "etc-hosts");
    const text = hostsFile(pod, podIps, node.settings.clusterDomain, node.settings.hostsFile);
    await node.files.run(hosts, () => writeFile(hosts, text, { mode: 0o644 }));
    mounts.push({ containerPath: "/etc/hosts", hostPath: hosts, ...relabel });
  }
  const log = terminationLog(folder, name, restartCount);
  await node.files.run(log, async () => {
    await mkdir(dirname(log), { recursive: true });
    await writeFile(log, "");
    await chmod(log, 0o666);
    await mkdir(join(logFolder(pod, node.settings), name), { recursive: true });
  });
  mounts.push({ containerPath: container.terminationMessagePath || "/dev/termination-log", hostPath: log, ...relabel });
  const target = "targetContainerName" in container ? newestOf(seen.containers, container.targetContainerName) : undefined;
  return containerConfig({
    pod,
    container,
    restartCount,
    image: image.id,
    imageUser: { username: image.username, ...(image.uid ? { uid: image.uid.value } : {}) },
    environment,
    mounts,
    settings: node.settings,
    devices: [...(given?.devices ?? []), ...disks],
    given: { annotations: given?.annotations ?? {}, cdiDevices },
    ...(target ? { targetId: target.id } : {}),
  });
}

async function environmentFor(
  container: AnyContainer,
  podIps: readonly string[],
  volumes: ReadonlyMap<string, MountedVolume>,
  { node, pod }: PodContext,
): Promise<Map<string, string>> {
  const namespace = pod.metadata.namespace ?? "";
  const files = new Map<string, { text: string; file: string }>();
  for (const { valueFrom } of container.env ?? []) {
    const { volumeName = "", path = "" } = valueFrom?.fileKeyRef ?? {};
    const volume = volumes.get(volumeName);
    if (!volume) continue;
    files.set(
      `${volumeName}/${path}`,
      await node.files.run(`file ${path} of volume ${volumeName}`, () => readVariables(volume.path, path)),
    );
  }
  return environmentOf(pod, container, {
    configMap: (name) => node.objects.configMap(namespace, name),
    secret: (name) => node.objects.secret(namespace, name),
    services: node.services,
    fromFile(volume, path, key) {
      const found = files.get(`${volume}/${path}`);
      if (!found) throw new EnvError(`cannot find the volume ${JSON.stringify(volume)} referenced by FileKeyRef`);
      try {
        return { value: variableOf(found.text, key), file: found.file };
      } catch {
        throw new EnvError("couldn't parse env file");
      }
    },
    podIps,
    hostIps: node.hostIps,
    allocatable: node.allocatable(),
  });
}

/** Upstream says of every file that it cannot read that it could not parse it. */
async function readVariables(root: string, path: string): Promise<{ text: string; file: string }> {
  try {
    const file = await existingInside(root, path);
    return { text: await readFile(file, "utf8"), file };
  } catch {
    throw new EnvError("couldn't parse env file");
  }
}
