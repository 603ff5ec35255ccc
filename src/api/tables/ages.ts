/** Durations as kubectl prints them: 45s, 5m3s, 3h2m, 2d3h, 400d. */

export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (value: number, unit: string) => (value > 0 ? `${value}${unit}` : "");
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, "s")}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return `${hours}h${rest(minutes % 60, "m")}`;
  if (hours < 48) return `${hours}h`;
  if (hours < 24 * 8) return `${Math.floor(hours / 24)}d${rest(hours % 24, "h")}`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24)}d`;
  const years = Math.floor(hours / (24 * 365));
  if (hours < 24 * 365 * 8) return `${years}y${rest(Math.floor(hours / 24) % 365, "d")}`;
  return `${years}y`;
}

/** Since a timestamp; `<unknown>` when there is none. */
export function age(timestamp: string | undefined, nowMs: number): string {
  const at = Date.parse(timestamp ?? "");
  return Number.isNaN(at) ? "<unknown>" : formatDuration(nowMs - at);
}
