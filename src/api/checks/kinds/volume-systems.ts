/** Disks and shares of storage systems: what their declarations do not say, for PersistentVolumes and for volumes of pods. */
import { checkDns1123Label, inclusiveRangeText } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { dnsLabel, dnsSubdomain } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { driverName } from "./device-names.ts";

export interface VolumeOwner {
  volumeName: string;
  /** A pod names the disk itself; otherwise a PersistentVolume does. */
  inPod: boolean;
}

type Check = (source: AnyObject, at: string, problems: Problems, of: VolumeOwner) => void;

/** By the name of the field; called after what is declared was checked. */
export const checksOfSystems: Readonly<Record<string, Check>> = {
  iscsi: validateIscsi,
  fc: validateFibreChannel,
  flocker: validateFlocker,
  quobyte: validateQuobyte,
  glusterfs({ endpointsNamespace: of }, at, problems) {
    if (of === "") problems.invalid(`${at}.endpointsNamespace`, of, "if the endpointnamespace is set, it must be a valid namespace name");
    else if (of !== undefined) problems.invalids(`${at}.endpointsNamespace`, of, checkDns1123Label(of));
  },
  cinder: ({ secretRef }, at, problems, { inPod }) => validateSecretRef(secretRef, at, inPod, problems),
  storageos({ volumeName, volumeNamespace, secretRef }, at, problems, { inPod }) {
    if (volumeName) dnsLabel(volumeName, `${at}.volumeName`, problems);
    else problems.required(`${at}.volumeName`);
    if (volumeNamespace) dnsLabel(volumeNamespace, `${at}.volumeNamespace`, problems);
    validateSecretRef(secretRef, at, inPod, problems);
  },
  flexVolume({ options = {} }, at, problems) {
    for (const key of Object.keys(options)) {
      const owner = `.${(key.includes("/") ? key.slice(0, key.indexOf("/")) : key).toLowerCase()}`;
      if (owner.endsWith(".kubernetes.io") || owner.endsWith(".k8s.io"))
        problems.invalid(`${at}.options[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved");
    }
  },
  azureFile({ secretNamespace }, at, problems) {
    if (secretNamespace === "") problems.required(`${at}.secretNamespace`);
  },
  azureDisk({ kind, cachingMode, diskURI = "" }, at, problems) {
    // Empty ones are no defaults.
    if (cachingMode === "") problems.notSupported(`${at}.cachingMode`, "", ["None", "ReadOnly", "ReadWrite"]);
    if (kind === "") problems.notSupported(`${at}.kind`, "", ["Dedicated", "Managed", "Shared"]);
    const [start, form] =
      kind === "Managed"
        ? ["/subscriptions/", "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"]
        : ["https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"];
    if (kind !== undefined && !diskURI.startsWith(start)) problems.notSupported(`${at}.diskURI`, diskURI, [form!]);
  },
  scaleIO({ volumeName }, at, problems) {
    if (!volumeName) problems.required(`${at}.volumeName`);
  },
  csi: validateCsi,
};

const names = {
  iqn: /^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function initiatorName(text: string, at: string, inPod: boolean, problems: Problems): void {
  const form = Object.entries(names).find(([start]) => text.startsWith(start))?.[1];
  if (!form) problems.invalid(at, text, inPod ? "must be valid format starting with iqn, eui, or naa" : "must be valid format");
  else if (!form.test(text)) problems.invalid(at, text, "must be valid format");
}

function validateIscsi(source: AnyObject, at: string, problems: Problems, { volumeName, inPod }: VolumeOwner): void {
  const { targetPortal = "", initiatorName: initiator, iqn, lun = 0, chapAuthDiscovery, chapAuthSession, secretRef } = source;
  if (!targetPortal) problems.required(`${at}.targetPortal`);
  if (!inPod) validatePortalLength(source, { at: `${at}.targetportal`, shown: targetPortal, volumeName }, problems);
  if (iqn) initiatorName(iqn, `${at}.iqn`, inPod, problems);
  else problems.required(`${at}.iqn`);
  if (lun < 0 || lun > 255) problems.invalid(`${at}.lun`, lun, inclusiveRangeText(0, 255));
  if ((chapAuthDiscovery || chapAuthSession) && !secretRef) problems.required(`${at}.secretRef`);
  if (!inPod && secretRef && !secretRef.name) problems.required(`${at}.secretRef.name`);
  if (initiator !== undefined) initiatorName(initiator, `${at}.initiatorname`, inPod, problems);
}

/** An initiator's name is made of both. */
export function validatePortalLength(
  { initiatorName, targetPortal = "" }: AnyObject,
  { at, shown, volumeName }: { at: string; shown: string; volumeName: string },
  problems: Problems,
): void {
  if (initiatorName !== undefined && Buffer.byteLength(`${volumeName}:${targetPortal}`) > 64)
    problems.invalid(
      at,
      shown,
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
    );
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: AnyObject, at: string, problems: Problems): void {
  if (targetWWNs.length === 0 && wwids.length === 0)
    problems.required(`${at}.targetWWNs`, "must specify either targetWWNs or wwids, but not both");
  if (targetWWNs.length > 0 && wwids.length > 0)
    problems.invalid(`${at}.targetWWNs`, targetWWNs, "targetWWNs and wwids can not be specified simultaneously");
  if (targetWWNs.length === 0) return;
  if (lun === undefined) problems.required(`${at}.lun`, "lun is required if targetWWNs is specified");
  else if (lun < 0 || lun > 255) problems.invalid(`${at}.lun`, lun, inclusiveRangeText(0, 255));
}

function validateFlocker({ datasetName = "", datasetUUID = "" }: AnyObject, at: string, problems: Problems): void {
  if (!datasetName && !datasetUUID) problems.required(at, "one of datasetName and datasetUUID is required");
  if (datasetName && datasetUUID) problems.invalid(at, "resource", "datasetName and datasetUUID can not be specified simultaneously");
  if (datasetName.includes("/")) problems.invalid(`${at}.datasetName`, datasetName, "must not contain '/'");
}

function validateQuobyte({ registry = "", tenant = "", volume }: AnyObject, at: string, problems: Problems): void {
  const words = "must be a host:port pair or multiple pairs separated by commas";
  if (!registry) problems.required(`${at}.registry`, words);
  else if (tenant.length >= 65) problems.required(`${at}.tenant`, "must be a UUID and may not exceed a length of 64 characters");
  else for (const pair of registry.split(",")) if (!/^[^:]*:[^:]*$/.test(pair)) problems.invalid(`${at}.registry`, registry, words);
  if (!volume) problems.required(`${at}.volume`);
}

function validateCsi(source: AnyObject, at: string, problems: Problems): void {
  if (source.driver) driverName(source.driver, `${at}.driver`, problems);
  else problems.required(`${at}.driver`);
  if (!source.volumeHandle) problems.required(`${at}.volumeHandle`);
  for (const key of ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"]) {
    const secret = source[key];
    if (!secret) continue;
    if (secret.name) dnsSubdomain(secret.name, `${at}.${key}.name`, problems);
    else problems.required(`${at}.${key}.name`);
    if (secret.namespace) dnsLabel(secret.namespace, `${at}.${key}.namespace`, problems);
    else problems.required(`${at}.${key}.namespace`);
  }
}

function validateSecretRef(secret: AnyObject | undefined, at: string, inPod: boolean, problems: Problems): void {
  if (secret && !secret.name) problems.required(`${at}.secretRef.name`);
  if (secret && !inPod && !secret.namespace) problems.required(`${at}.secretRef.namespace`);
}
