/** `host:port` as clients outside of the cluster shall write it; a host may bring its port. */
export function externalAddress(host: string, port: number): string {
  if (/^[^:]+:\d+$/.test(host) || /^\[[^\]]+\]:\d+$/.test(host)) return host;
  return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}
