export { type Dns, type DnsOptions, ensureDnsService, startDns } from "./dns.ts";
