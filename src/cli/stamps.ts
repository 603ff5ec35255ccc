/** Times as people's clocks show them, with the zone's offset, and as klog writes them. */

const two = (value: number) => String(value).padStart(2, "0");

/** RFC 3339 in local time, whole seconds. */
export function restartStamp(nowMs: number): string {
  const date = new Date(nowMs);
  const offset = -date.getTimezoneOffset();
  if (offset === 0) return date.toISOString().replace(/\.\d+Z$/, "Z");
  const local = new Date(nowMs + offset * 60_000).toISOString().replace(/\.\d+Z$/, "");
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

/** klog's head of a line: severity, date, time, process. */
export function klogHead(severity: "I" | "W", nowMs: number): string {
  const at = new Date(nowMs);
  const micros = String(Math.floor((nowMs % 1000) * 1000)).padStart(6, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${micros}`;
  return `${severity}${two(at.getMonth() + 1)}${two(at.getDate())} ${time} ${String(process.pid).padStart(7)}`;
}
