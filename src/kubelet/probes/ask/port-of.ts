/** A port by number or by the name that the container gives it. */

import type { Container } from "#api/mod.ts";
import { hostPort } from "#base/mod.ts";

export function portOf(port: number | string | undefined, container: Pick<Container, "ports">): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((each) => each.name === port)?.containerPort;
  return named ?? Number.parseInt(port ?? "", 10);
}

/** As Go's dialer says it. */
export function dialError(error: Error & { code?: string }, host: string, port: number): string {
  if (error.code === "ECONNREFUSED") return `dial tcp ${hostPort(host, port)}: connect: connection refused`;
  if (error.code === "EHOSTUNREACH") return `dial tcp ${hostPort(host, port)}: connect: no route to host`;
  return error.message;
}
