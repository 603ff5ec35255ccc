/** Makes a pod's volumes on this node and keeps those that mirror objects current. */
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import {
  type ConfigMap,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  type Secret,
  serviceaccounts,
  type TokenRequest,
  type Volume,
} from "#api/mod.ts";
import { type Clock, messageOf } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { parseQuantity, quantityValue } from "#codec/mod.ts";
import type { Mount } from "../pod/config.ts";
import { fieldValue, resourceValue } from "../pod/env.ts";
import type { ReferencedObjects } from "../pod/objects.ts";
import type { AnyContainer } from "../pod/plan.ts";
import { type FileToWrite, writeAtomically } from "./atomic-files.ts";

export interface VolumeOptions {
  client: Client;
  clock: Clock;
  objects: ReferencedObjects;
  /** Where pods' folders are. */
  root: string;
  hostIp: string;
  allocatable(): Record<string, string>;
  mountTmpfs(path: string, sizeBytes: number | undefined): Promise<void>;
  unmountUnder(path: string): Promise<void>;
}

/** What the container asks for cannot be: waiting does not help. */
export class SubPathError extends Error {
  override name = "SubPathError";
}

/** A volume that cannot be had now. The message goes into a FailedMount event. */
export class VolumeError extends Error {
  override name = "VolumeError";
}

interface Token {
  content: string;
  /** Fetched anew from then on, milliseconds since 1970. */
  refreshAt: number;
}

const mirrored = (volume: Volume) => volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected;

export class PodVolumes {
  readonly #options: VolumeOptions;
  #tokens = new Map<string, Token>();

  constructor(options: VolumeOptions) {
    this.#options = options;
  }

  folder(uid: string): string {
    return join(this.#options.root, uid);
  }

  /** Volume name → folder or file on this machine. Called on every pass: what is right already is left alone. */
  async ensure(pod: Pod, podIp: string): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        paths.set(volume.name ?? "", await this.#ensureOne(pod, volume, podIp));
      } catch (error) {
        throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`, { cause: error });
      }
    }
    return paths;
  }

  /** Milliseconds since 1970 when some token of the pod must be fetched anew. */
  refreshAt(uid: string): number | undefined {
    const times = [...this.#tokens].filter(([key]) => key.startsWith(`${uid}/`)).map(([, token]) => token.refreshAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  async remove(uid: string): Promise<void> {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${uid}/`)) this.#tokens.delete(key);
    const folder = this.folder(uid);
    if (!existsSync(folder)) return;
    await this.#options.unmountUnder(folder);
    rmSync(folder, { recursive: true, force: true });
  }

  async #ensureOne(pod: Pod, volume: Volume, podIp: string): Promise<string> {
    const at = (plugin: string) => join(this.folder(pod.metadata.uid!), "volumes", `kubernetes.io~${plugin}`, volume.name ?? "");
    const gid = pod.spec?.securityContext?.fsGroup;
    if (volume.emptyDir) {
      const path = at("empty-dir");
      if (existsSync(path)) return path;
      mkdirSync(path, { recursive: true });
      if (volume.emptyDir.medium === "Memory") {
        const limit = volume.emptyDir.sizeLimit;
        await this.#options.mountTmpfs(path, limit && limit !== "0" ? quantityValue(parseQuantity(limit)) : undefined);
      }
      chmodSync(path, gid === undefined ? 0o777 : 0o2777);
      if (gid !== undefined) chownSync(path, 0, gid);
      return path;
    }
    if (volume.hostPath) return hostPath(volume.hostPath.path ?? "", volume.hostPath.type ?? "");
    if (mirrored(volume)) {
      const plugin = volume.configMap ? "configmap" : volume.secret ? "secret" : volume.downwardAPI ? "downward-api" : "projected";
      const path = at(plugin);
      writeAtomically(path, await this.#filesOf(pod, volume, podIp), gid);
      return path;
    }
    if (volume.persistentVolumeClaim) return this.#claimed(pod, volume.persistentVolumeClaim.claimName ?? "");
    if (volume.ephemeral) return this.#claimed(pod, `${pod.metadata.name}-${volume.name}`);
    const kind = Object.keys(volume).find((key) => key !== "name");
    throw new Error(
      `volumes of type ${kind} are not supported on this node: use emptyDir, hostPath, configMap, secret, downwardAPI, projected or a claim bound to a local volume`,
    );
  }

  async #claimed(pod: Pod, name: string): Promise<string> {
    const { client } = this.#options;
    const claim: PersistentVolumeClaim = await client.get(persistentvolumeclaims, { namespace: pod.metadata.namespace!, name });
    if (!claim.spec?.volumeName) throw new Error(`persistentvolumeclaim "${name}" is not bound yet`);
    const volume: PersistentVolume = await client.get(persistentvolumes, { name: claim.spec.volumeName });
    if (volume.spec?.hostPath) return hostPath(volume.spec.hostPath.path ?? "", volume.spec.hostPath.type || "DirectoryOrCreate");
    if (volume.spec?.local) return hostPath(volume.spec.local.path ?? "", "Directory");
    throw new Error(
      `persistentvolume "${volume.metadata.name}" is of a type that this node cannot mount: only hostPath and local volumes can be used`,
    );
  }

  async #filesOf(pod: Pod, volume: Volume, podIp: string): Promise<Map<string, FileToWrite>> {
    const files = new Map<string, FileToWrite>();
    const { objects } = this.#options;
    const namespace = pod.metadata.namespace!;
    const at = { podIp, hostIp: this.#options.hostIp };
    const take = (
      data: Record<string, Buffer>,
      items: readonly { key?: string; path?: string; mode?: number }[] | undefined,
      mode: number,
      optional: boolean | undefined,
      what: string,
    ) => {
      if (!items?.length) {
        for (const [key, content] of Object.entries(data)) files.set(key, { content, mode });
        return;
      }
      for (const { key = "", path = "", mode: own } of items) {
        const content = data[key];
        if (content) files.set(path, { content, mode: own ?? mode });
        else if (!optional) throw new Error(`references non-existent ${what} key: ${key}`);
      }
    };
    const configMap = (name: string, optional: boolean | undefined) => {
      const found = objects.configMap(namespace, name);
      if (!found && !optional) throw new Error(`configmap "${name}" not found`);
      return dataOf(found);
    };
    const secret = (name: string, optional: boolean | undefined) => {
      const found = objects.secret(namespace, name);
      if (!found && !optional) throw new Error(`secret "${name}" not found`);
      return secretData(found);
    };
    const downward = (items: NonNullable<Volume["downwardAPI"]>["items"], mode: number) => {
      for (const { path = "", fieldRef, resourceFieldRef, mode: own } of items ?? []) {
        const text = fieldRef
          ? fieldValue(pod, fieldRef.fieldPath ?? "", at)
          : resourceValue(pod, resourceFieldRef ?? {}, undefined, this.#options.allocatable());
        files.set(path, { content: Buffer.from(text), mode: own ?? mode });
      }
    };
    const standard = 0o644;
    if (volume.configMap) {
      const { name = "", items, defaultMode = standard, optional } = volume.configMap;
      take(configMap(name, optional), items, defaultMode, optional, "config");
    } else if (volume.secret) {
      const { secretName = "", items, defaultMode = standard, optional } = volume.secret;
      take(secret(secretName, optional), items, defaultMode, optional, "secret");
    } else if (volume.downwardAPI) downward(volume.downwardAPI.items, volume.downwardAPI.defaultMode ?? standard);
    for (const source of volume.projected?.sources ?? []) {
      const mode = volume.projected?.defaultMode ?? standard;
      if (source.configMap)
        take(
          configMap(source.configMap.name ?? "", source.configMap.optional),
          source.configMap.items,
          mode,
          source.configMap.optional,
          "config",
        );
      if (source.secret)
        take(secret(source.secret.name ?? "", source.secret.optional), source.secret.items, mode, source.secret.optional, "secret");
      if (source.downwardAPI) downward(source.downwardAPI.items, mode);
      if (source.serviceAccountToken) {
        const { path = "token", audience, expirationSeconds = 3600 } = source.serviceAccountToken;
        const content = await this.#token(pod, audience, expirationSeconds);
        // Readable by the container's user alone, unless a group owns the volume.
        files.set(path, { content: Buffer.from(content), mode: pod.spec?.securityContext?.fsGroup === undefined ? mode : 0o640 });
      }
    }
    return files;
  }

  /** Fetched anew when 80 % of its time, or 24 hours, have passed. */
  async #token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const key = `${pod.metadata.uid}/${audience ?? ""}/${expirationSeconds}`;
    const now = this.#options.clock.now();
    const known = this.#tokens.get(key);
    if (known && known.refreshAt > now) return known.content;
    const body: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        ...(audience ? { audiences: [audience] } : {}),
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.metadata.name, uid: pod.metadata.uid },
      },
    };
    const account = { namespace: pod.metadata.namespace!, name: pod.spec?.serviceAccountName || "default" };
    const made = await this.#options.client.createSub<TokenRequest>(serviceaccounts, account, "token", body);
    const content = made.status?.token ?? "";
    const lifeMs = Date.parse(made.status?.expirationTimestamp ?? "") - now;
    this.#tokens.set(key, { content, refreshAt: now + Math.min(lifeMs * 0.8, 24 * 3_600_000) });
    return content;
  }
}

function dataOf(map: ConfigMap | undefined): Record<string, Buffer> {
  const out: Record<string, Buffer> = {};
  for (const [key, value] of Object.entries(map?.data ?? {})) out[key] = Buffer.from(value);
  for (const [key, value] of Object.entries(map?.binaryData ?? {})) out[key] = Buffer.from(value, "base64");
  return out;
}

function secretData(secret: Secret | undefined): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}

function hostPath(path: string, type: string): string {
  const stat = existsSync(path) ? statSync(path) : undefined;
  const want = (ok: boolean | undefined, what: string) => {
    if (!ok) throw new Error(`hostPath type check failed: ${path} is not a ${what}`);
  };
  switch (type) {
    case "DirectoryOrCreate":
      if (!stat) mkdirSync(path, { recursive: true, mode: 0o755 });
      else want(stat.isDirectory(), "directory");
      break;
    case "Directory":
      want(stat?.isDirectory(), "directory");
      break;
    case "FileOrCreate":
      if (!stat) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, "", { mode: 0o644 });
      } else want(stat.isFile(), "file");
      break;
    case "File":
      want(stat?.isFile(), "file");
      break;
    case "Socket":
      want(stat?.isSocket(), "socket file");
      break;
    case "CharDevice":
      want(stat?.isCharacterDevice(), "character device");
      break;
    case "BlockDevice":
      want(stat?.isBlockDevice(), "block device");
      break;
  }
  if (!stat && type === "") mkdirSync(path, { recursive: true });
  return path;
}

const propagations: Record<string, number> = { None: 0, HostToContainer: 1, Bidirectional: 2 };

/** The mounts of one container; a subPath is resolved so that no link in the volume can lead outside of it. */
export function mountsOf(container: AnyContainer, volumes: ReadonlyMap<string, string>, expand: (text: string) => string): Mount[] {
  const out: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const root = volumes.get(mount.name ?? "");
    if (root === undefined) throw new VolumeError(`container ${container.name} mounts volume "${mount.name}", which the pod does not have`);
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr) : (mount.subPath ?? "");
    out.push({
      containerPath: mount.mountPath?.startsWith("/") ? mount.mountPath : `/${mount.mountPath ?? ""}`,
      hostPath: subPath === "" ? root : inside(root, subPath),
      readonly: mount.readOnly === true,
      propagation: propagations[mount.mountPropagation ?? "None"] ?? 0,
    });
  }
  return out;
}

function inside(root: string, subPath: string): string {
  if (subPath.startsWith("/") || subPath.split("/").includes(".."))
    throw new SubPathError(`subPath ${JSON.stringify(subPath)} must be relative and must not contain ".."`);
  const real = realpathSync(root);
  const wanted = join(real, subPath);
  if (lstatSync(wanted, { throwIfNoEntry: false }) === undefined) {
    const parent = nearestExisting(wanted);
    if (!within(realpathSync(parent), real)) throw new SubPathError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
    mkdirSync(wanted, { recursive: true, mode: 0o750 });
    chmodSync(wanted, statSync(real).mode & 0o7777);
    chownSync(wanted, statSync(real).uid, statSync(real).gid);
  }
  const target = realpathSync(wanted);
  if (!within(target, real)) throw new SubPathError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  return target;
}

const within = (path: string, root: string) => path === root || path.startsWith(root + sep);

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at)) at = dirname(at);
  return at;
}
