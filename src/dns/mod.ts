export { type Dns, type DnsOptions, startDns } from "./dns.ts";
export { ensureDnsObjects } from "./objects.ts";
