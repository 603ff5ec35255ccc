/** Who answers for names outside of the cluster: the machine's own resolvers, as far as a node reaches them. */
import { existsSync, readFileSync } from "node:fs";
import { type Family, familyOf } from "#base/mod.ts";

const files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"] as const;

/**
 * A resolver on the machine's loopback is out of a node's reach. systemd-resolved is such a one, and keeps those that it asks itself
 * in a file of its own. Empty: there is none that a node could ask.
 */
export function machineResolvers(families: readonly Family[], own: readonly string[], read: Read = readIfThere): string[] {
  return reachable(read(resolvConfFile(own, read, families)) ?? "", own, families);
}

/** The file that tells of them; pods with the DNS policy Default get what it says. */
export function resolvConfFile(own: readonly string[], read: Read = readIfThere, families: readonly Family[] = own.map(familyOf)): string {
  return files.find((file) => reachable(read(file) ?? "", own, families).length > 0) ?? files[0];
}

type Read = (file: string) => string | undefined;

const reachable = (text: string, own: readonly string[], families: readonly Family[]): string[] =>
  nameservers(text).filter((address) => !own.includes(address) && !isLoopback(address) && families.includes(familyOf(address)));

const nameservers = (text: string): string[] => [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!);
const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";
const readIfThere = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
