/**
 * The APIService objects of the groups that this server serves itself: those that it is built with are written when it starts,
 * those of custom kinds follow their kinds. One that leads elsewhere, or that nobody asked this server to keep, is left alone.
 */
import {
  type APIService,
  apiservices,
  builtInKinds,
  type Catalog,
  type CustomResourceDefinition,
  customresourcedefinitions,
  semanticEqual,
} from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { isAlreadyExists, isNotFound } from "#client/mod.ts";
import { byServer, type Storage } from "../../contract.ts";
import { priorityOf } from "./priorities.ts";

const label = "kube-aggregator.kubernetes.io/automanaged";
type Kept = "onstart" | "true";

const builtIn = new Set(builtInKinds.map(({ group, version }) => nameOf(group, version)));
const own = "v1.apiregistration.k8s.io";

export function nameOf(group: string, version: string): string {
  return `${version}.${group}`;
}

export interface LocalServices {
  /** When everything that was asked for so far is done. */
  settled(): Promise<void>;
  stop(): void;
}

export function keepLocalServices(storage: Storage, catalog: Catalog, log: Log): LocalServices {
  let chain = Promise.resolve();
  let stopped = false;
  let started = false;
  const look = async () => {
    if (stopped) return;
    try {
      await reconcile(storage, catalog, !started);
      started = true;
    } catch (error) {
      log.warn("APIService objects could not be written", { error: messageOf(error) });
    }
  };
  const soon = () => {
    chain = chain.then(look);
  };
  const stops = [catalog.onChange(soon), storage.subscribe(apiservices, (type) => started && type !== "ADDED" && soon())];
  soon();
  return {
    async settled() {
      let last: Promise<void> | undefined;
      while (last !== chain) {
        last = chain;
        await last;
      }
    },
    stop() {
      stopped = true;
      for (const stop of stops) stop();
    },
  };
}

async function reconcile(storage: Storage, catalog: Catalog, atStart: boolean): Promise<void> {
  const wanted = new Map<string, APIService>();
  for (const { group, version } of catalog.all()) {
    const name = nameOf(group, version);
    if (name !== own && !wanted.has(name)) wanted.set(name, localService(group, version));
  }
  const stored = new Map((storage.list(apiservices) as APIService[]).map((each) => [each.metadata.name ?? "", each]));
  for (const [name, service] of wanted) await keep(storage, stored.get(name), service, atStart);
  const coming = customVersions(storage);
  for (const [name, service] of stored)
    if (!wanted.has(name) && !coming.has(name) && keptAs(service) && (keptAs(service) === "true" || atStart))
      await storage.delete(apiservices, { name }, { uid: service.metadata.uid });
}

/** Custom kinds may come into the catalog after the server has started: their APIServices are not to be made anew each time. */
function customVersions(storage: Storage): Set<string> {
  const all = storage.list(customresourcedefinitions) as CustomResourceDefinition[];
  return new Set(
    all.flatMap(({ spec }) => (spec?.versions ?? []).flatMap(({ served, name }) => (served ? nameOf(spec?.group ?? "", name ?? "") : []))),
  );
}

async function keep(storage: Storage, stored: APIService | undefined, wanted: APIService, atStart: boolean): Promise<void> {
  const onlyAtStart = keptAs(wanted) === "onstart";
  if (onlyAtStart && !atStart) return;
  try {
    if (!stored) await storage.create(apiservices, wanted);
    else if (keptAs(stored) && !semanticEqual(stored.spec, wanted.spec))
      await storage.update(apiservices, { name: wanted.metadata.name! }, (now) => ({ ...now, spec: wanted.spec }) as APIService, byServer);
  } catch (error) {
    // Somebody else was first, or took it away: the next change is looked at again.
    if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
  }
}

const keptAs = ({ metadata }: APIService): Kept | undefined => metadata.labels?.[label] as Kept | undefined;

function localService(group: string, version: string): APIService {
  const name = nameOf(group, version);
  const priority = priorityOf(group, version);
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name, labels: { [label]: builtIn.has(name) ? "onstart" : "true" } },
    spec: { ...(group && { group }), version, groupPriorityMinimum: priority.group, versionPriority: priority.version },
  };
}
