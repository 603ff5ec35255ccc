/** What must hold for the devices of several requests together: one attribute is equal for all, or differs for each. */
import type { Device, DeviceConstraint } from "#api/mod.ts";

export interface Constraint {
  /** False: with this device it would not hold. Every one that was let in is taken out by `leave`, last first. */
  enter(request: RequestName, device: Device, driver: string): boolean;
  leave(request: RequestName, device: Device, driver: string): void;
}

export interface RequestName {
  name: string;
  /** Which way of a request that has several. */
  way?: string | undefined;
}

export function constraintOf({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint): Constraint {
  const names = new Set(requests);
  const concerns = ({ name, way }: RequestName) =>
    names.size === 0 || names.has(name) || (way !== undefined && names.has(`${name}/${way}`));
  /** Values, and how many devices have them. */
  const values = new Map<string, number>();
  const attribute = matchAttribute ?? distinctAttribute ?? "";
  const isDistinct = matchAttribute === undefined;
  return {
    enter(request, device, driver) {
      if (!concerns(request)) return true;
      const value = attributeOf(device, driver, attribute);
      if (value === undefined) return false;
      if (isDistinct ? values.has(value) : values.size > 0 && !values.has(value)) return false;
      values.set(value, (values.get(value) ?? 0) + 1);
      return true;
    },
    leave(request, device, driver) {
      const value = concerns(request) ? attributeOf(device, driver, attribute) : undefined;
      if (value === undefined) return;
      const left = (values.get(value) ?? 0) - 1;
      if (left > 0) values.set(value, left);
      else values.delete(value);
    },
  };
}

/** With its type: a text is never equal to a number. */
function attributeOf({ attributes = {} }: Device, driver: string, name: string): string | undefined {
  const slash = name.indexOf("/");
  const short = slash > 0 && name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined;
  const { int, bool, string, version } = attributes[name] ?? short ?? {};
  if (string !== undefined) return `string ${string}`;
  if (int !== undefined) return `int ${int}`;
  if (bool !== undefined) return `bool ${bool}`;
  return version === undefined ? undefined : `version ${version}`;
}
