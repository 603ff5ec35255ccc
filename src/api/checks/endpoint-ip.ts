/** Addresses and ports of Endpoints and EndpointSlices. */

import { isIP } from "node:net";
import type { Problems } from "./problems.ts";

export const protocols = ["SCTP", "TCP", "UDP"];

/** Addresses that no endpoint may have. */
export function validateEndpointIp(address: string, at: string, problems: Problems): void {
  if (isIP(address) === 0) return problems.invalid(at, address, "must be a valid IP address");
  const first = Number(address.split(".")[0]);
  const lower = address.toLowerCase();
  if (address === "0.0.0.0" || lower === "::") problems.invalid(at, address, "may not be unspecified (0.0.0.0 or ::)");
  if (first === 127 || lower === "::1") problems.invalid(at, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  if (address.startsWith("169.254.") || lower.startsWith("fe80:"))
    problems.invalid(at, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  if (address.startsWith("224.0.0.") || lower.startsWith("ff02:"))
    problems.invalid(at, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
}
