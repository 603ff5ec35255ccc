/** What network interfaces have carried, as the kernel counts it for whoever shares a network namespace with a process. */
import { readFile } from "node:fs/promises";

export interface InterfaceCounts {
  name: string;
  received: Counts;
  sent: Counts;
}

interface Counts {
  bytes: number;
  packets: number;
  errors: number;
  dropped: number;
}

/** Of `/proc/net/dev`: two lines of headings, then one an interface. The loopback carries nothing to anybody. */
export function interfacesIn(text: string): InterfaceCounts[] {
  return text.split("\n").flatMap((line) => {
    const [, name, numbers] = /^\s*([^:\s]+):\s*(.+)$/.exec(line) ?? [];
    if (!name || !numbers || name === "lo") return [];
    const of = numbers.trim().split(/\s+/).map(Number);
    const counts = (at: number): Counts => ({
      bytes: of[at] ?? 0,
      packets: of[at + 1] ?? 0,
      errors: of[at + 2] ?? 0,
      dropped: of[at + 3] ?? 0,
    });
    return [{ name, received: counts(0), sent: counts(8) }];
  });
}

/** `pid`: undefined is this process. Empty when it is gone. */
export async function interfacesOf(pid: number | undefined): Promise<InterfaceCounts[]> {
  const text = await readFile(`/proc/${pid ?? "self"}/net/dev`, "utf8").catch(() => "");
  return interfacesIn(text);
}
