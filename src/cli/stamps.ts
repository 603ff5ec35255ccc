/** Times as people's clocks show them, with the zone's offset. */

/** RFC 3339 in local time, whole seconds. */
export function restartStamp(nowMs: number): string {
  const date = new Date(nowMs);
  const offset = -date.getTimezoneOffset();
  if (offset === 0) return date.toISOString().replace(/\.\d+Z$/, "Z");
  const local = new Date(nowMs + offset * 60_000).toISOString().replace(/\.\d+Z$/, "");
  const two = (value: number) => String(value).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}
