/** Addresses and prefixes as Go's net/netip reads them, with its complaints. */

export class AddressError extends Error {}

export interface Address {
  /** 4 bytes, or 16. */
  bytes: readonly number[];
  zone: string;
}

const failed = (text: string, why: string, at?: string) =>
  new AddressError(`ParseAddr(${JSON.stringify(text)}): ${why}${at === undefined ? "" : ` (at ${JSON.stringify(at)})`}`);

/** No address is longer, but for its zone. */
const longest = 256;

export function parseAddress(text: string): Address {
  const kind = text.length > longest ? undefined : /[.:%]/.exec(text)?.[0];
  if (kind === ".") return { bytes: parseV4(text, text, 0), zone: "" };
  if (kind === ":") return parseV6(text);
  if (kind === "%") throw failed(text, "missing IPv6 address");
  throw failed(text, "unable to parse IP");
}

/** `part` is what is read; complaints name the whole. */
function parseV4(text: string, part: string, from: number): number[] {
  const bytes: number[] = [];
  let value = 0;
  let digits = 0;
  for (let i = 0; i < part.length; i++) {
    const character = part[i]!;
    if (/\d/.test(character)) {
      if (digits === 1 && value === 0) throw failed(text, "IPv4 field has octet with leading zero");
      value = value * 10 + Number(character);
      digits++;
      if (value > 255) throw failed(text, "IPv4 field has value >255");
    } else if (character === ".") {
      if (digits === 0 || i === part.length - 1) throw failed(text, "IPv4 field must have at least one digit", text.slice(from + i));
      if (bytes.length === 3) throw failed(text, "IPv4 address too long");
      bytes.push(value);
      [value, digits] = [0, 0];
    } else throw failed(text, "unexpected character", text.slice(from + i));
  }
  if (bytes.length < 3) throw failed(text, "IPv4 address too short");
  return [...bytes, value];
}

function parseV6(text: string): Address {
  const percent = text.indexOf("%");
  const zone = percent < 0 ? "" : text.slice(percent + 1);
  if (percent >= 0 && zone === "") throw failed(text, "zone must be a non-empty string");
  const address = percent < 0 ? text : text.slice(0, percent);
  const bytes: number[] = [];
  let ellipsis = -1;
  let at = 0;
  if (address.startsWith("::")) {
    ellipsis = 0;
    at = 2;
  }
  while (bytes.length < 16 && at < address.length) {
    const group = /^[0-9a-fA-F]*/.exec(address.slice(at))![0];
    const value = Number.parseInt(group.slice(0, 5) || "0", 16);
    if (group.length > 4)
      throw failed(
        text,
        value > 0xffff ? "each group must have 4 or less digits" : "each group must have 4 or less digits",
        address.slice(at),
      );
    if (group === "") throw failed(text, "each colon-separated field must have at least one digit", address.slice(at));
    const end = at + group.length;
    if (address[end] === ".") {
      if (ellipsis < 0 && bytes.length !== 12)
        throw failed(text, "embedded IPv4 address must replace the final 2 fields of the address", address.slice(at));
      if (bytes.length + 4 > 16)
        throw failed(text, "too many hex fields to fit an embedded IPv4 at the end of the address", address.slice(at));
      bytes.push(...parseV4(text, address.slice(at), at));
      at = address.length;
      break;
    }
    bytes.push(value >> 8, value & 0xff);
    at = end;
    if (at === address.length) break;
    if (address[at] !== ":") throw failed(text, "unexpected character, want colon", address.slice(at));
    if (at + 1 === address.length) throw failed(text, "colon must be followed by more characters", address.slice(at));
    at++;
    if (address[at] === ":") {
      if (ellipsis >= 0) throw failed(text, "multiple :: in address", address.slice(at));
      ellipsis = bytes.length;
      at++;
    }
  }
  if (at < address.length) throw failed(text, "trailing garbage after address", address.slice(at));
  if (bytes.length < 16) {
    if (ellipsis < 0) throw failed(text, "address string too short");
    bytes.splice(ellipsis, 0, ...Array.from({ length: 16 - bytes.length }, () => 0));
  } else if (ellipsis >= 0) throw failed(text, "the :: must expand to at least one field of zeros");
  return { bytes, zone };
}

export interface Prefix {
  address: Address;
  bits: number;
}

export function parsePrefix(text: string): Prefix {
  const wrong = (why: string) => new AddressError(`netip.ParsePrefix(${JSON.stringify(text)}): ${why}`);
  const slash = text.lastIndexOf("/");
  if (slash < 0) throw wrong("no '/'");
  let address: Address;
  try {
    address = parseAddress(text.slice(0, slash));
  } catch (error) {
    throw error instanceof AddressError ? wrong(error.message) : error;
  }
  if (address.zone !== "") throw wrong("IPv6 zones cannot be present in a prefix");
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d*)$/.test(bits)) throw wrong(`bad bits after slash: ${JSON.stringify(bits)}`);
  if (Number(bits) > address.bytes.length * 8) throw wrong("prefix length out of range");
  return { address, bits: Number(bits) };
}

export const isMapped = ({ bytes }: Address) =>
  bytes.length === 16 && bytes.slice(0, 10).every((each) => each === 0) && bytes[10] === 255 && bytes[11] === 255;

/** The canonical form: the longest run of zeros, of two groups at least, becomes `::`. */
export function formatAddress({ bytes }: Address): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: number[]) => part.map((each) => each.toString(16)).join(":");
  if (best.at < 0) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}

/** The address with what is behind the prefix set to zero. */
export function masked({ address, bits }: Prefix): Prefix {
  const bytes = address.bytes.map((byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i))) & 0xff);
  return { address: { ...address, bytes }, bits };
}

export function contains(prefix: Prefix, { bytes }: Address, bits = bytes.length * 8): boolean {
  if (bytes.length !== prefix.address.bytes.length || bits < prefix.bits) return false;
  const [a, b] = [masked(prefix), masked({ address: { bytes, zone: "" }, bits: prefix.bits })];
  return a.address.bytes.every((byte, i) => byte === b.address.bytes[i]);
}
