/** IP addresses and ranges of both families as numbers: read, counted, written in the one spelling that each has. */
import { isIP } from "node:net";

export type Family = "IPv4" | "IPv6";

export interface Address {
  family: Family;
  value: bigint;
}

export interface AddressRange {
  family: Family;
  /** The lowest address. */
  first: bigint;
  /** Of the prefix. */
  bits: number;
  /** How many addresses there are, the first and the last among them. */
  size: bigint;
}

const widthOf = (family: Family) => (family === "IPv4" ? 32 : 128);

/** Of a text that is an address or a range. */
export const familyOf = (text: string): Family => (text.includes(":") ? "IPv6" : "IPv4");

export const otherFamily = (family: Family): Family => (family === "IPv4" ? "IPv6" : "IPv4");

/** Undefined: no address, or one with a zone. */
export function parseAddress(text: string): Address | undefined {
  switch (isIP(text)) {
    case 4:
      return { family: "IPv4", value: valueOfV4(text) };
    case 6:
      return text.includes("%") ? undefined : { family: "IPv6", value: valueOfV6(text) };
    default:
      return undefined;
  }
}

/** In canonical form: IPv6 in lower case, its longest run of zeros left out (RFC 5952). */
export function formatAddress({ family, value }: Address): string {
  if (family === "IPv4") return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0n) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: readonly bigint[]) => part.map((each) => each.toString(16)).join(":");
  if (best.at < 0) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}

/** The one spelling of an address; what is none stays as it is. */
export function canonical(text: string): string {
  const address = familyOf(text) === "IPv6" ? parseAddress(text) : undefined;
  return address ? formatAddress(address) : text;
}

/** As URLs and logs have it: an address of IPv6 in brackets. */
export const hostPort = (host: string, port: number | string): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** Undefined: no range. What is set behind the prefix is left out. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(prefix)) return undefined;
  const bits = Number(prefix);
  if (bits > widthOf(address.family)) return undefined;
  const size = 1n << BigInt(widthOf(address.family) - bits);
  return { family: address.family, first: address.value - (address.value % size), bits, size };
}

/** A range that is known to be one, as of the cluster's own configuration. */
export function rangeOf(text: string): AddressRange {
  const range = parseRange(text);
  if (!range) throw new Error(`${JSON.stringify(text)} is no range of addresses, such as 10.96.0.0/16 or fd00::/108`);
  return range;
}

export const formatRange = ({ family, first, bits }: Omit<AddressRange, "size">): string =>
  `${formatAddress({ family, value: first })}/${bits}`;

export const holds = (range: AddressRange, { family, value }: Address): boolean =>
  family === range.family && value >= range.first && value < range.first + range.size;

/** The address at this place of a range: 0 is its first. */
export const addressAt = ({ family, first }: AddressRange, offset: number | bigint): string =>
  formatAddress({ family, value: first + BigInt(offset) });

function valueOfV4(text: string): bigint {
  return text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function valueOfV6(text: string): bigint {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (dotted) {
    const low = valueOfV4(dotted);
    text = `${text.slice(0, -dotted.length)}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head = "", tail] = text.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => "0"), ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
