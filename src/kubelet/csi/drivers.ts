/** The CSI drivers that are registered on this node. What a driver says of the node is told to the API before it counts. */
import { type Log, messageOf } from "#base/mod.ts";
import type { PluginHandler, PluginInfo } from "../plugins/registry.ts";
import { Driver } from "./driver.ts";
import type { NodeRecords } from "./node-records.ts";

export interface DriversOptions {
  records: Pick<NodeRecords, "install" | "update" | "uninstall">;
  /** How a driver in a pod of this node sees a path. */
  seenByPods(path: string): string;
  /** A driver has come or gone. */
  onChange(name: string): void;
  log: Log;
}

export class Drivers implements PluginHandler {
  readonly #options: DriversOptions;
  readonly #byName = new Map<string, Driver>();

  constructor(options: DriversOptions) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Throws, in upstream's words, when there is none. */
  find(name: string): Driver {
    const driver = this.#byName.get(name);
    if (!driver) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`);
    return driver;
  }

  validate({ name, endpoint, supportedVersions }: PluginInfo): void {
    try {
      this.#check("ValidatePlugin", name, supportedVersions);
    } catch (error) {
      throw new Error(`validation failed for CSI Driver ${name} at endpoint ${endpoint}: ${messageOf(error)}`);
    }
  }

  async register({ name, endpoint, supportedVersions, inPod }: PluginInfo): Promise<void> {
    const version = this.#check("RegisterPlugin", name, supportedVersions);
    const seenPath = inPod ? this.#options.seenByPods : (path: string) => path;
    const driver = new Driver(name, { endpoint, version, seenPath });
    this.#byName.get(name)?.close();
    this.#byName.set(name, driver);
    try {
      await this.#options.records.install(name, await driver.info());
    } catch (error) {
      await this.#remove(name, driver);
      throw error;
    }
    this.#options.onChange(name);
  }

  async deregister({ name, endpoint }: PluginInfo): Promise<void> {
    const driver = this.#byName.get(name);
    if (driver?.endpoint !== endpoint) return;
    await this.#remove(name, driver);
    this.#options.onChange(name);
  }

  /** What the driver can have here may be another amount than when it registered. */
  async lookAgain(name: string): Promise<void> {
    await this.#options.records.update(name, await this.find(name).info());
  }

  close(): void {
    for (const driver of this.#byName.values()) driver.close();
    this.#byName.clear();
  }

  async #remove(name: string, driver: Driver): Promise<void> {
    this.#byName.delete(name);
    driver.close();
    try {
      await this.#options.records.uninstall(name);
    } catch (error) {
      this.#options.log.warn("kubelet: a CSI driver is gone, and the API was not told", { driver: name, error: messageOf(error) });
    }
  }

  /** The highest version that is spoken here. */
  #check(who: string, name: string, versions: readonly string[]): readonly number[] {
    const failed = (why: string) => new Error(`kubernetes.io/csi: ${who} for CSI driver ${JSON.stringify(name)} failed. ${why}`);
    if (versions.length === 0) throw failed("Plugin returned an empty list for supported versions");
    const list = `[${versions.map((each) => JSON.stringify(each)).join(" ")}]`;
    const parsed = versions.map(numbersOf).filter((each) => each !== undefined);
    const highest = parsed.filter(([major = 0]) => major <= 1).reduce<readonly number[] | undefined>(higherOf, undefined);
    const none = (why: string) => failed(`None of the versions specified ${list} are supported. err=${why}`);
    if (!highest)
      throw none(`could not find a highest supported version from versions (${list.replaceAll('"', "")}) reported: ${faultOf(versions)}`);
    if (highest[0] !== 1) throw none(`highest supported version reported is ${highest.join(".")}, must be v1.x`);
    const known = this.#byName.get(name)?.version;
    if (known && higherOf(known, highest) === known)
      throw failed(
        `Another driver with the same name is already registered with a higher supported version: ${JSON.stringify(known.join("."))}`,
      );
    return highest;
  }
}

/** `v1.2.3-rc` → 1, 2, 3; undefined: it is none. */
function numbersOf(text: string): readonly number[] | undefined {
  const [, digits] = /^\s*v?(\d+(?:\.\d+)+)/.exec(text) ?? [];
  const parts = digits?.split(".") ?? [];
  return digits && !parts.some((part) => part.length > 1 && part.startsWith("0")) ? parts.map(Number) : undefined;
}

function faultOf(versions: readonly string[]): string {
  const wrong = versions.find((each) => numbersOf(each) === undefined);
  return wrong === undefined ? "<nil>" : `could not parse ${JSON.stringify(wrong)} as version`;
}

/** The first when they are equal. */
function higherOf(a: readonly number[] | undefined, b: readonly number[]): readonly number[] {
  if (!a) return b;
  for (let i = 0; i < Math.max(a.length, b.length); i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0) ? a : b;
  return a;
}
