/** What this process is allowed to do. */
import { readFileSync } from "node:fs";

const numbers = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_SYS_RESOURCE: 24 } as const;

export function hasCapability(name: keyof typeof numbers): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"));
  return line !== null && ((BigInt(`0x${line[1]}`) >> BigInt(numbers[name])) & 1n) === 1n;
}

export const isRoot = (): boolean => process.getuid?.() === 0;
