/** `ip("10.0.0.1").isLoopback()`, `cidr("10.0.0.0/8").containsIP("10.0.0.1")` and their like. */
import { declare, member, overload } from "../declare.ts";
import { boolType, intType, opaque, stringType } from "../types.ts";
import { CelObject, Fault, noSuchOverload } from "../value.ts";
import {
  type Address,
  AddressError,
  contains,
  formatAddress,
  isMapped,
  masked,
  type Prefix,
  parseAddress,
  parsePrefix,
} from "./go-address.ts";

export const ipType = opaque("net.IP");
export const cidrType = opaque("net.CIDR");

class Ip extends CelObject {
  readonly typeName = ipType.name;
  readonly address: Address;
  constructor(address: Address) {
    super();
    this.address = address;
  }
  equals(other: unknown): boolean {
    return other instanceof Ip && formatAddress(other.address) === formatAddress(this.address);
  }
  override get size(): number {
    return this.address.bytes.length;
  }
}

class Cidr extends CelObject {
  readonly typeName = cidrType.name;
  readonly prefix: Prefix;
  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }
  equals(other: unknown): boolean {
    return other instanceof Cidr && formatPrefix(other.prefix) === formatPrefix(this.prefix);
  }
  /** The bytes that the prefix reaches into. */
  override get size(): number {
    return Math.ceil(this.prefix.bits / 8);
  }
}

const formatPrefix = ({ address, bits }: Prefix) => `${formatAddress(address)}/${bits}`;

function reading<T>(read: () => T, wrap: (message: string) => string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AddressError) throw new Fault(wrap(error.message));
    throw error;
  }
}

function readIp(text: string): Ip {
  const address = reading(
    () => parseAddress(text),
    (why) => `IP Address ${JSON.stringify(text)} parse error during conversion from string: ${why}`,
  );
  if (address.zone !== "") throw new Fault(`IP address ${JSON.stringify(text)} with zone value is not allowed`);
  if (isMapped(address)) throw new Fault(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`);
  return new Ip(address);
}

/** Upstream says it twice. */
const notNetwork = "network address parse error during conversion from string";
function readCidr(text: string): Cidr {
  const prefix = reading(
    () => parsePrefix(text),
    (why) => `${notNetwork}: ${notNetwork}: ${why}`,
  );
  if (isMapped(prefix.address)) throw new Fault(`${notNetwork}: IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`);
  return new Cidr(prefix);
}

const succeeds = (read: (text: string) => unknown) => (text: string) => {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
};

/** Within another function, what is wrong with the text is not told. */
function within<T>(read: (text: string) => T, text: string): T {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof Fault ? noSuchOverload() : error;
  }
}

const tests: Record<string, (bytes: readonly number[]) => boolean> = {
  isUnspecified: (bytes) => bytes.every((each) => each === 0),
  isLoopback: (bytes) => (bytes.length === 4 ? bytes[0] === 127 : bytes.every((each, i) => each === (i === 15 ? 1 : 0))),
  isLinkLocalMulticast: ([a, b, c, ...rest]) => (rest.length === 1 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b! & 0x0f) === 0x02),
  isLinkLocalUnicast: ([a, b, ...rest]) => (rest.length === 2 ? a === 169 && b === 254 : a === 0xfe && (b! & 0xc0) === 0x80),
};
const isMulticast = ([a, ...rest]: readonly number[]) => (rest.length === 3 ? (a! & 0xf0) === 0xe0 : a === 0xff);
const isBroadcast = (bytes: readonly number[]) => bytes.length === 4 && bytes.every((each) => each === 255);
tests.isGlobalUnicast = (bytes) =>
  !isBroadcast(bytes) &&
  !isMulticast(bytes) &&
  !tests.isUnspecified!(bytes) &&
  !tests.isLoopback!(bytes) &&
  !tests.isLinkLocalUnicast!(bytes);

const snake = (name: string) => name.replace(/[A-Z]/g, (each) => `_${each.toLowerCase()}`);

export const addresses = [
  declare(
    "ip",
    overload("string_to_ip", [stringType], ipType, readIp),
    member("cidr_ip", [cidrType], ipType, ({ prefix }: Cidr) => new Ip(prefix.address)),
  ),
  declare("isIP", overload("is_ip", [stringType], boolType, succeeds(readIp))),
  declare(
    "ip.isCanonical",
    overload("ip_is_canonical", [stringType], boolType, (text: string) => formatAddress(readIp(text).address) === text),
  ),
  declare(
    "family",
    member("ip_family", [ipType], intType, ({ size }: Ip) => (size === 4 ? 4 : 6)),
  ),
  ...Object.entries(tests).map(([name, holds]) =>
    declare(
      name,
      member(`ip_${snake(name)}`, [ipType], boolType, ({ address }: Ip) => holds(address.bytes)),
    ),
  ),
  declare(
    "string",
    overload("ip_to_string", [ipType], stringType, ({ address }: Ip) => formatAddress(address)),
    overload("cidr_to_string", [cidrType], stringType, ({ prefix }: Cidr) => formatPrefix(prefix)),
  ),
  declare("cidr", overload("string_to_cidr", [stringType], cidrType, readCidr)),
  declare("isCIDR", overload("is_cidr", [stringType], boolType, succeeds(readCidr))),
  declare(
    "containsIP",
    member("cidr_contains_ip_string", [cidrType, stringType], boolType, ({ prefix }: Cidr, text: string) =>
      contains(prefix, within(readIp, text).address),
    ),
    member("cidr_contains_ip_ip", [cidrType, ipType], boolType, ({ prefix }: Cidr, { address }: Ip) => contains(prefix, address)),
  ),
  declare(
    "containsCIDR",
    member("cidr_contains_cidr_string", [cidrType, stringType], boolType, (cidr: Cidr, text: string) =>
      covers(cidr, within(readCidr, text)),
    ),
    member("cidr_contains_cidr", [cidrType, cidrType], boolType, covers),
  ),
  declare(
    "prefixLength",
    member("cidr_prefix_length", [cidrType], intType, ({ prefix }: Cidr) => prefix.bits),
  ),
  declare(
    "masked",
    member("cidr_masked", [cidrType], cidrType, ({ prefix }: Cidr) => new Cidr(masked(prefix))),
  ),
];

function covers({ prefix }: Cidr, { prefix: other }: Cidr): boolean {
  return contains(prefix, other.address, other.bits);
}
