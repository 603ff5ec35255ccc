/**
 * Claims of the node's pods: drivers prepare them before a pod begins, containers get what they say, and they are taken back when the
 * last pod that uses them is over. Which were prepared outlives the kubelet, in a file.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Container, type Pod, type ResourceV1ResourceClaim, resourceclaims } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Client, claimNameOf, isControlledBy, isReservedFor } from "#client/mod.ts";
import type { PluginHandler, PluginInfo } from "../plugins/registry.ts";
import type { AnyContainer } from "../pod/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Driver, type PreparedDevice } from "./driver.ts";

export interface ClaimsOptions {
  client: Client;
  runtime: Pick<Runtime, "version">;
  /** Where the state lies. */
  file: string;
}

/** A claim that drivers were asked to prepare, and the pods that it is for. */
interface Held {
  namespace: string;
  name: string;
  uid: string;
  pods: string[];
  isPrepared: boolean;
  /** By driver. */
  devices: Record<string, PreparedDevice[]>;
}

export class NodeClaims implements PluginHandler {
  readonly #options: ClaimsOptions;
  readonly #drivers = new Map<string, Driver>();
  #held: Held[] = [];
  /** One after the other: two pods may share a claim. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.#options.file), { recursive: true, mode: 0o750 });
    try {
      this.#held = (JSON.parse(await readFile(this.#options.file, "utf8")) as { claims: Held[] }).claims;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
      // What drivers hold would be forgotten: a person must look.
      throw new Error(`the state of claims in ${this.#options.file} cannot be read: drain the node and remove it`, { cause });
    }
  }

  register({ name, endpoint, supportedVersions }: PluginInfo): void {
    const driver = new Driver(name, endpoint, supportedVersions);
    // The newest serves: a driver may be updated while the one before still runs.
    this.#drivers.get(name)?.close();
    this.#drivers.set(name, driver);
  }

  deregister({ name, endpoint }: PluginInfo): void {
    const driver = this.#drivers.get(name);
    if (driver?.endpoint !== endpoint) return;
    this.#drivers.delete(name);
    driver.close();
  }

  close(): void {
    for (const driver of this.#drivers.values()) driver.close();
    this.#drivers.clear();
  }

  /** Throws, in upstream's words, what keeps the pod from its devices. */
  async prepare(pod: Pod): Promise<void> {
    if (!pod.spec?.resourceClaims?.length) return;
    try {
      await this.#inTurn(() => this.#prepare(pod));
    } catch (cause) {
      throw new Error(`prepare dynamic resources: ${messageOf(cause)}`, { cause });
    }
  }

  /** Nothing of the pod runs any more. */
  async unprepare(podUid: string): Promise<void> {
    if (!this.#held.some(({ pods }) => pods.includes(podUid))) return;
    try {
      await this.#inTurn(() => this.#unprepare(podUid));
    } catch (cause) {
      throw new Error(`unprepare dynamic resources: ${messageOf(cause)}`, { cause });
    }
  }

  /** What the runtime gives the container. */
  cdiDevices(pod: Pod, container: AnyContainer): { name: string }[] {
    return this.#devicesFor(pod, container).flatMap(({ device }) => device.cdiDeviceIds.map((name) => ({ name })));
  }

  /** For monitoring agents. */
  resourcesOf(pod: Pod, container: AnyContainer): object[] {
    const byClaim = Map.groupBy(this.#devicesFor(pod, container), ({ claim }) => claim);
    return [...byClaim].map(([{ name, namespace }, devices]) => ({
      claimName: name,
      claimNamespace: namespace,
      claimResources: devices.map(({ driver, device: { poolName, deviceName, cdiDeviceIds, shareId } }) => ({
        cdiDevices: cdiDeviceIds.map((id) => ({ name: id })),
        driverName: driver,
        poolName,
        deviceName,
        ...(shareId ? { shareId } : {}),
      })),
    }));
  }

  #devicesFor(pod: Pod, container: AnyContainer): { claim: Held; driver: string; device: PreparedDevice }[] {
    return ((container as Container).resources?.claims ?? []).flatMap(({ name, request }) => {
      const podClaim = pod.spec?.resourceClaims?.find((each) => each.name === name);
      const claimName = podClaim && claimNameOf(pod, podClaim);
      const claim = this.#held.find((each) => each.name === claimName && each.namespace === pod.metadata.namespace);
      if (!claim) return [];
      const isMeant = ({ requestNames }: PreparedDevice) => !request || requestNames.length === 0 || requestNames.includes(request);
      return Object.entries(claim.devices).flatMap(([driver, devices]) =>
        devices.filter(isMeant).map((device) => ({ claim, driver, device })),
      );
    });
  }

  async #prepare(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid!;
    const claims = await this.#claimsOf(pod);
    const held = claims.map((claim) => this.#hold(claim, uid));
    await this.#write();
    const waiting = held.filter(({ isPrepared }) => !isPrepared);
    for (const name of driversOf(waiting)) {
      const own = waiting.filter(({ devices }) => devices[name]);
      const answers = await this.#driver(name).prepare(own);
      for (const each of own) each.devices[name] = answers[each.uid]!.devices;
    }
    for (const each of waiting) each.isPrepared = true;
    await this.#write();
    if (held.some(({ devices }) => Object.values(devices).some((list) => list.some(({ cdiDeviceIds }) => cdiDeviceIds.length > 0))))
      await this.#checkRuntime();
  }

  /** All of them, before any is touched. */
  async #claimsOf(pod: Pod): Promise<ResourceV1ResourceClaim[]> {
    const { namespace = "", name: podName, uid } = pod.metadata;
    const claims: ResourceV1ResourceClaim[] = [];
    for (const podClaim of pod.spec?.resourceClaims ?? []) {
      const name = claimNameOf(pod, podClaim);
      if (name === undefined) throw new Error(`pod "${namespace}/${podName}": ResourceClaim not created yet`);
      if (name === "") continue;
      const claim = await this.#options.client.get(resourceclaims, { namespace, name }).catch((cause) => {
        throw new Error(`fetch ResourceClaim ${name}: ${messageOf(cause)}`, { cause });
      });
      if (podClaim.resourceClaimName === undefined && !isControlledBy(claim, pod))
        throw new Error(`ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`);
      if (!isReservedFor(claim, pod))
        throw new Error(`pod ${podName} (${uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata.uid})`);
      if (!claim.status?.allocation) throw new Error(`ResourceClaim ${name}: not allocated`);
      for (const { driver = "" } of claim.status.allocation.devices?.results ?? []) this.#driver(driver);
      claims.push(claim);
    }
    return claims;
  }

  #hold({ metadata: { name = "", namespace = "", uid = "" }, status }: ResourceV1ResourceClaim, podUid: string): Held {
    let held = this.#held.find((each) => each.name === name && each.namespace === namespace);
    if (held && held.uid !== uid)
      throw new Error(`old ResourceClaim with same name ${name} and different UID ${held.uid} still exists (previous pod force-deleted?!)`);
    if (!held) {
      const drivers = new Set((status?.allocation?.devices?.results ?? []).map(({ driver = "" }) => driver));
      held = { namespace, name, uid, pods: [], isPrepared: false, devices: Object.fromEntries([...drivers].map((each) => [each, []])) };
      this.#held.push(held);
    }
    if (!held.pods.includes(podUid)) held.pods.push(podUid);
    return held;
  }

  async #unprepare(podUid: string): Promise<void> {
    const last = this.#held.filter(({ pods }) => pods.length === 1 && pods[0] === podUid);
    for (const name of driversOf(last)) await this.#driver(name).unprepare(last.filter(({ devices }) => devices[name]));
    this.#held = this.#held.filter((each) => !last.includes(each));
    for (const each of this.#held) each.pods = each.pods.filter((pod) => pod !== podUid);
    await this.#write();
  }

  #driver(name: string): Driver {
    const driver = this.#drivers.get(name);
    if (!driver) throw new Error(`DRA driver ${name} is not registered`);
    return driver;
  }

  /** A runtime that passes over what it does not know would start containers without their devices. */
  async #checkRuntime(): Promise<void> {
    const { runtimeName, runtimeVersion } = await this.#options.runtime.version();
    const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(runtimeVersion) ?? [];
    if (runtimeName === "containerd" && (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 7)))
      throw new Error(`the runtime ${runtimeName} ${runtimeVersion} gives containers no CDI devices: 1.7 or later is needed`);
  }

  async #write(): Promise<void> {
    const { file } = this.#options;
    await writeFile(`${file}.new`, JSON.stringify({ claims: this.#held }), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const driversOf = (held: readonly Held[]): string[] => [...new Set(held.flatMap(({ devices }) => Object.keys(devices)))];
