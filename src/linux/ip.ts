/** Links, addresses and routes: lines of `ip -batch`, so that one process does a whole plan. */
import type { Family } from "#base/mod.ts";
import { run, tryRun } from "./run.ts";

/** Carries out lines of `ip` (without the word `ip`) in order; the first that fails ends it and is named. */
export async function ip(lines: readonly string[], options: { netns?: string; force?: boolean } = {}): Promise<void> {
  if (lines.length === 0) return;
  const flags = options.force ? ["-force"] : [];
  const result = await tryRun(["ip", ...flags, "-batch", "-"], { netns: options.netns, input: `${lines.join("\n")}\n` });
  if (result.code === 0 || options.force) return;
  const failed = /Command failed -:(\d+)/.exec(result.stderr);
  const line = failed ? lines[Number(failed[1]) - 1] : lines.join("; ");
  const said = result.stderr.replace(/Command failed -:\d+/, "").trim();
  throw new Error(`ip ${line}${options.netns ? ` (in ${options.netns})` : ""} failed: ${said}`);
}

export interface Link {
  ifname: string;
  mtu: number;
  operstate: string;
  address?: string;
  /** A note that whoever made the link left on it. */
  ifalias?: string;
  addr_info?: { family: string; local: string; prefixlen: number }[];
}

/** Links with their addresses. */
export async function links(options: { netns?: string } = {}): Promise<Link[]> {
  return JSON.parse((await run(["ip", "-json", "address", "show"], options)) || "[]") as Link[];
}

export interface Route {
  dst: string;
  gateway?: string;
  dev?: string;
  type?: string;
  prefsrc?: string;
  nexthops?: { gateway: string; dev: string }[];
}

/** Of IPv4, unless the other family is asked for. */
export async function routes(options: { netns?: string; family?: Family } = {}): Promise<Route[]> {
  return JSON.parse(
    (await run(["ip", "-json", ...(options.family === "IPv6" ? ["-6"] : []), "route", "show"], options)) || "[]",
  ) as Route[];
}

/** The device and MTU that leads to the world, if any. */
export async function uplink(family: Family = "IPv4"): Promise<{ device: string; mtu: number } | undefined> {
  const way = (await routes({ family })).find((route) => route.dst === "default");
  const link = way?.dev && (await links()).find((candidate) => candidate.ifname === way.dev);
  return link ? { device: link.ifname, mtu: link.mtu } : undefined;
}

/** `ip route` words for a route to `to` by one or several gateways; none: an unreachable route. */
export function routeLine(to: string, via: readonly string[]): string {
  if (via.length === 0) return `route replace unreachable ${to}`;
  if (via.length === 1) return `route replace ${to} via ${via[0]}`;
  return `route replace ${to} ${via.map((gateway) => `nexthop via ${gateway}`).join(" ")}`;
}
