/** Volumes of one node in a temporary folder, on a fake API; what would be mounted is only written down. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  type ConfigMap,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  type Secret,
  type Volume,
} from "#api/mod.ts";
import { Lifetime, seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { Attachments } from "../csi/attachments.ts";
import { Drivers } from "../csi/drivers.ts";
import { CsiObjects } from "../csi/objects.ts";
import { CsiPlaces } from "../csi/places.ts";
import { CsiVolumes } from "../csi/volumes.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import { FileWork } from "../volumes/file-work.ts";
import { PodVolumes, type VolumeOptions } from "../volumes/volumes.ts";
import { aPod, fakeApi } from "./fake-api.ts";

export function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "volumes-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const api = fakeApi();
  const clock = new VirtualClock();
  const maps = new Map<string, ConfigMap>([
    ["cm", { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { a: "1", b: "2" }, binaryData: { c: "/w==" } }],
  ]);
  const secrets = new Map<string, Secret>([["s", { apiVersion: "v1", kind: "Secret", metadata: {}, data: { k: "dg==" } }]]);
  const tmpfs: { path: string; sizeBytes: number | undefined }[] = [];
  const mounted = new Map<string, string>();
  const refuse: { mount?: string } = {};
  const warnings: string[] = [];
  const files = new FileWork({ clock, seats: 4 });
  const runtime = fakeRuntime({ clock });
  const volumes = new PodVolumes({
    client: api.client,
    clock,
    objects: { configMap: (_, name) => maps.get(name), secret: (_, name) => secrets.get(name) },
    root: join(folder, "pods"),
    memoryRoot: join(folder, "memory"),
    hostIps: ["10.0.0.1"],
    nodePath: (path) => path.replace(/^\/node\//, `${folder}/`),
    allocatable: () => ({ cpu: "2" }),
    own: files,
    foreign: files,
    mountTmpfs: async (path, sizeBytes) => void tmpfs.push({ path, sizeBytes }),
    async mount(source, path, { type, flags }) {
      if (refuse.mount) throw new Error(refuse.mount);
      mounted.set(path, `${type} ${source} ${flags.join(",")}`);
    },
    isMounted: async (path) => mounted.has(path),
    isLabelled: async () => false,
    prepareDisk: async () => {},
    unmountUnder: async () => {},
    ...noDrivers(api.client, clock, folder, files),
    node: async () => ({ name: "n", labels: { "kubernetes.io/hostname": "n" } }),
    runtime,
    log: silentLog,
    warn: (_, reason, message) => void warnings.push(`${reason} ${message}`),
  });
  const ensure = (volume: Volume, spec: Partial<NonNullable<Pod["spec"]>> = {}, uid = "uid-p") => {
    const pod = aPod({ spec: { ...spec, volumes: [{ name: "v", ...volume }] } });
    return volumes.ensure({ ...pod, metadata: { ...pod.metadata, uid } }, ["10.0.0.2"]).then((all) => all.get("v")!);
  };
  /** A claim that is bound to a volume of this kind, with the same name. */
  const bound = (name: string, spec: PersistentVolume["spec"], fields: Partial<PersistentVolumeClaim> = {}): Volume => {
    api.put(persistentvolumeclaims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      spec: { volumeName: `pv-${name}` },
      status: { phase: "Bound" },
      ...fields,
      metadata: { name, namespace: "default", uid: `uid-${name}`, ...fields.metadata },
    });
    api.put(persistentvolumes, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `pv-${name}` },
      spec: { claimRef: { uid: `uid-${name}` }, ...spec },
    });
    return { persistentVolumeClaim: { claimName: name } };
  };
  return { folder, api, clock, maps, secrets, tmpfs, mounted, refuse, warnings, volumes, ensure, bound };
}

/** Volumes of CSI drivers, where none is registered and nothing attached. */
function noDrivers(client: Client, clock: VirtualClock, folder: string, files: FileWork): Pick<VolumeOptions, "csi" | "csiDevice"> {
  const lifetime = new Lifetime({ log: silentLog });
  const common = { client, clock, log: silentLog };
  const objects = new CsiObjects({ ...common, random: seededRandom(1), lifetime, onChange() {} });
  const records = { install: async () => {}, update: async () => {}, uninstall: async () => {} };
  const drivers = new Drivers({ records, seenByPods: (path) => path, onChange() {}, log: silentLog });
  const places = new CsiPlaces(folder);
  const attachments = new Attachments({ client, nodeName: "n", objects, report: async () => {}, wake() {} });
  const mounts = { isMounted: async () => false, mount: async () => {}, unmountUnder: async () => {} };
  const csi = new CsiVolumes({
    ...common,
    ...mounts,
    nodeName: "n",
    drivers,
    objects,
    places,
    attachments,
    files,
    tell() {},
    changed() {},
  });
  return { csi, csiDevice: places.publishedDevice };
}
