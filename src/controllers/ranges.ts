/** Arithmetic of IPv4 ranges, as far as controllers hand out addresses. */

export interface Range {
  /** The lowest address, as a number. */
  first: number;
  size: number;
}

export function rangeOf(cidr: string): Range {
  const [base = "", bits = "32"] = cidr.split("/");
  return { first: numberOf(base), size: 2 ** (32 - Number(bits)) };
}

export function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function addressOf(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
}
