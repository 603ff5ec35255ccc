/**
 * Whether somebody listens on a TCP port inside a pod, read from the kernel's tables: nothing is connected to.
 *
 * A container without a readiness probe counts as ready when it runs. Between its start and its first `listen` it would be sent
 * traffic that it refuses; so one that declares TCP ports is held back until the first of them listens, for a second at most.
 */
import { readFile } from "node:fs/promises";
import type { Container } from "#api/mod.ts";

export const longestHoldMs = 1000;
const listenState = "0A";

export async function isListening(pid: number, ports: readonly number[]): Promise<boolean> {
  const tables = ["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "latin1").catch(() => ""));
  return (await Promise.all(tables)).some((text) => listeners(text).some((port) => ports.includes(port)));
}

/** The ports in state LISTEN of a `/proc/net/tcp` text. */
export function listeners(text: string): number[] {
  const out: number[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [, local = "", , state] = line.trim().split(/\s+/);
    if (state === listenState) out.push(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16));
  }
  return out;
}

/** The ports to wait for; empty: nothing to wait for. */
export function heldPorts(container: Container): number[] {
  if (container.readinessProbe || container.startupProbe) return [];
  return (container.ports ?? []).filter((port) => (port.protocol ?? "TCP") === "TCP").flatMap((port) => port.containerPort ?? []);
}
