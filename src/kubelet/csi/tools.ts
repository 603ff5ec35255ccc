/** What work on CSI volumes is done with. */
import type { KubeObject } from "#api/mod.ts";
import type { Clock, Log } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import type { FileWork } from "../volumes/file-work.ts";
import type { Drivers } from "./drivers.ts";
import type { CsiObjects } from "./objects.ts";
import type { CsiPlaces } from "./places.ts";

export interface CsiTools {
  client: Client;
  nodeName: string;
  drivers: Drivers;
  objects: CsiObjects;
  places: CsiPlaces;
  /** For what may hang. */
  files: FileWork;
  isMounted(path: string): Promise<boolean>;
  mount(source: string, path: string, options: { type: string; flags: string[] }): Promise<void>;
  unmountUnder(path: string): Promise<void>;
  tell(about: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
  clock: Clock;
  log: Log;
}
