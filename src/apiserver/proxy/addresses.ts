/** Addresses that the API server never calls for anybody: its own machine's, and those that are nobody's in particular. */
import { BlockList, isIP } from "node:net";

const never = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
] as const)
  never.addSubnet(address, bits, "ipv4");
for (const [address, bits] of [
  ["::", 96], // unspecified, loopback, and IPv4 in its oldest disguise
  ["64:ff9b::", 96], // IPv4 behind a translator
  ["2002:7f00::", 24], // 127.0.0.0/8 as 6to4
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  never.addSubnet(address, bits, "ipv6");

/** True for addresses in full form only: a name, a zone or 127.1 could lead anywhere. IPv4 within IPv6 is judged as IPv4. */
export function isProxyable(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && !never.check(address, family === 4 ? "ipv4" : "ipv6");
}
