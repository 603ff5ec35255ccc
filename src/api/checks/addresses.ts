/** One address has one spelling. */
import { isIPv6 } from "node:net";

export const hasLeadingZeros = (address: string) => /^\d+(\.\d+){3}$/.test(address) && /(^|\.)0\d/.test(address);

/** IPv6 in lower case with its longest run of zeros left out (RFC 5952), which is how URLs write it. */
export const canonicalAddress = (address: string) => (isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address);

/** Of an address that is good, and should be written otherwise. */
export function addressWarnings(address: string | undefined, at: string): string[] {
  if (!address || !isIPv6(address)) return [];
  const canonical = canonicalAddress(address);
  if (canonical === address) return [];
  return [`${at}: IPv6 address ${JSON.stringify(address)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];
}
