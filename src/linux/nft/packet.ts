/** A packet as rules see it, and what the machine that it meets knows. For trace.ts. */

export interface Packet {
  /** `wire`: it came by a link; `here`: a process of this machine sent it. */
  from: "wire" | "here";
  saddr: string;
  daddr: string;
  protocol: "tcp" | "udp" | "sctp" | "icmp";
  sport?: number;
  dport?: number;
  /** What connection tracking knows of it; `new` when left out. */
  state?: "new" | "established" | "related" | "invalid";
  iifname?: string;
  /** Its source belongs to another link than the one that it came by. */
  stray?: boolean;
  /** A rule has given it another destination. */
  translated?: boolean;
  /** Marks of the connection and of the packet. */
  ctMark?: number;
  mark?: number;
}

export interface Situation {
  /** Addresses of this machine. */
  local: readonly string[];
  /** A number below `size` for rules that draw one; 0 when left out. */
  draw?(size: number): number;
  /** What dynamic sets hold, by name: the kernel's own memory. It is written to. */
  memory?: Map<string, Set<string>>;
}
