/** Devices that several claims may share: how much of its capacity a request takes. */
import type { CapacityRequestPolicy, CapacityRequirements, Device, DeviceCapacity } from "#api/mod.ts";
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from "#codec/mod.ts";

export type Amounts = ReadonlyMap<string, Quantity>;
const billion = 1_000_000_000n;

const read = (value: unknown): Quantity => parseQuantity(String(value));
/** In whole units, rounded up. */
const whole = ({ nanos }: Quantity): bigint => (nanos + (nanos > 0n ? billion - 1n : 0n)) / billion;

/** What a request takes of each capacity; undefined: it asks for what the device does not have, or must not give. */
export function takenBy(device: Device, { requests = {} }: CapacityRequirements = {}): Amounts | undefined {
  const capacity = device.capacity ?? {};
  if (Object.keys(requests).some((name) => !Object.hasOwn(capacity, name))) return undefined;
  const taken = new Map<string, Quantity>();
  for (const [name, each] of Object.entries(capacity)) {
    const amount = takenOf(each, requests[name]);
    if (violates(amount, each.requestPolicy)) return undefined;
    taken.set(name, amount);
  }
  return taken;
}

/** Whether it is left beside what others have. */
export function isLeft(device: Device, taken: Amounts, others: readonly (Amounts | undefined)[]): boolean {
  for (const [name, { value }] of Object.entries(device.capacity ?? {})) {
    const sum = others.reduce((all, each) => addQuantity(all, each?.get(name) ?? read("0")), taken.get(name)!);
    if (compareQuantity(sum, read(value)) > 0) return false;
  }
  return true;
}

function takenOf({ value, requestPolicy }: DeviceCapacity, asked: unknown): Quantity {
  if (asked === undefined) return read(requestPolicy?.default ?? value);
  const amount = read(asked);
  const { validRange, validValues } = requestPolicy ?? {};
  if (validRange?.min !== undefined) {
    const min = read(validRange.min);
    if (compareQuantity(amount, min) < 0) return min;
    if (validRange.step === undefined) return amount;
    const [step, beyond] = [whole(read(validRange.step)), whole(amount) - whole(min)];
    if (step <= 0n) return amount;
    return { nanos: (whole(min) + ((beyond + step - 1n) / step) * step) * billion, format: "BinarySI" };
  }
  return validValues?.map(read).find((valid) => compareQuantity(amount, valid) <= 0) ?? amount;
}

function violates(amount: Quantity, policy: CapacityRequestPolicy | undefined): boolean {
  if (!policy) return false;
  if (policy.default !== undefined && compareQuantity(amount, read(policy.default)) === 0) return false;
  const { validRange, validValues } = policy;
  if (validRange) {
    if (validRange.max !== undefined && compareQuantity(amount, read(validRange.max)) > 0) return true;
    const step = validRange.step === undefined ? 0n : whole(read(validRange.step));
    return step > 0n && (whole(amount) - whole(read(validRange.min ?? "0"))) % step !== 0n;
  }
  return validValues?.length ? !validValues.some((valid) => compareQuantity(amount, read(valid)) === 0) : false;
}
