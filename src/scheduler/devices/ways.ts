/** The ways in which a request may be met: one, or several of which the first that can be had is taken. */
import type { CapacityRequirements, Device, DeviceClass, DeviceRequest, DeviceToleration, ResourceV1ResourceClaim } from "#api/mod.ts";
import { toleratesDeviceTaint } from "#client/mod.ts";
import type { Amounts } from "./capacity.ts";
import type { Offer, PoolOnNode } from "./pools.ts";
import { matchesExpression } from "./selectors.ts";

export interface Way {
  /** `request`, or `request/way`. */
  ref: string;
  request: string;
  way: string | undefined;
  class: DeviceClass;
  /** Infinite: every device that fits. */
  count: number;
  adminAccess: boolean;
  tolerations: readonly DeviceToleration[];
  capacity: CapacityRequirements | undefined;
  matches(device: Device, driver: string): boolean;
}

/** A device that a claim gets. */
export interface Chosen {
  way: Way;
  offer: Offer;
  /** Of one that is shared. */
  share?: { id: string; amounts: Amounts };
}

export const nameOf = ({ metadata }: ResourceV1ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

export function waysOf(
  claim: ResourceV1ResourceClaim,
  { name = "", exactly, firstAvailable }: DeviceRequest,
  classNamed: ClassNamed,
): Way[] {
  if (exactly)
    return [wayOf(claim, { request: name, way: undefined, asked: exactly, adminAccess: exactly.adminAccess === true }, classNamed)];
  return (firstAvailable ?? []).map((asked) =>
    wayOf(claim, { request: name, way: asked.name ?? "", asked, adminAccess: false }, classNamed),
  );
}

type ClassNamed = (name: string) => DeviceClass | undefined;

interface Asked {
  request: string;
  way: string | undefined;
  asked: Omit<NonNullable<DeviceRequest["exactly"]>, "adminAccess">;
  adminAccess: boolean;
}

function wayOf(claim: ResourceV1ResourceClaim, { request, way, asked, adminAccess }: Asked, classNamed: ClassNamed): Way {
  const { deviceClassName = "", selectors = [], allocationMode, count, tolerations = [], capacity } = asked;
  const words = `claim ${nameOf(claim)}, request ${way ?? request}`;
  const deviceClass = classNamed(deviceClassName);
  if (!deviceClass) throw new Error(`${words}: could not retrieve device class ${deviceClassName}`);
  if (allocationMode !== "All" && allocationMode !== "ExactCount")
    throw new Error(`${words}: unsupported count mode ${allocationMode ?? ""}`);
  const ofClass = deviceClass.spec?.selectors ?? [];
  return {
    ref: way === undefined ? request : `${request}/${way}`,
    request,
    way,
    class: deviceClass,
    count: allocationMode === "All" ? Number.POSITIVE_INFINITY : Number(count ?? 1),
    adminAccess,
    tolerations,
    capacity,
    matches: (device, driver) =>
      all(ofClass, `class ${deviceClassName}`, device, driver) && all(selectors, `claim ${nameOf(claim)}`, device, driver),
  };
}

function all(selectors: readonly { cel?: { expression?: string } }[], whose: string, device: Device, driver: string): boolean {
  return selectors.every(({ cel }, index) => {
    try {
      if (!cel?.expression) throw new Error("CEL expression empty (unsupported selector type?)");
      return matchesExpression(cel.expression, device, driver);
    } catch (cause) {
      throw new Error(`${whose}: selector #${index}: ${(cause as Error).message}`, { cause });
    }
  });
}

/** Every device on a node that a way means; a pool that is not known in full cannot say. */
export function everyOffer(way: Way, pools: readonly PoolOnNode[], claim: ResourceV1ResourceClaim): Offer[] {
  return pools.flatMap(({ pool, offers }) => {
    const words = `claim ${nameOf(claim)}, request ${way.way ?? way.request}: asks for all devices, but resource pool ${pool.driver}/${pool.name}`;
    if (pool.isIncomplete) throw new Error(`${words} is currently being updated`);
    if (pool.isInvalid) throw new Error(`${words} is currently invalid`);
    return offers.filter(({ device }) => way.matches(device, pool.driver));
  });
}

/** None of the taints keeps it away. */
export const isTolerated = ({ taints = [] }: Device, tolerations: readonly DeviceToleration[]): boolean =>
  taints.every(
    (taint) =>
      (taint.effect !== "NoSchedule" && taint.effect !== "NoExecute") || tolerations.some((each) => toleratesDeviceTaint(each, taint)),
  );
