/** What is wrong with a schedule, in the words of upstream's parser; undefined when it is good. */
const fields = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "dom", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "dow", min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];
const descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
type CronField = (typeof fields)[number];

export function cronProblem(schedule: string): string | undefined {
  let text = schedule;
  if (/^(CRON_)?TZ=/.test(text)) {
    const at = text.indexOf(" ");
    if (at < 0) return `provided bad location ${text.slice(text.indexOf("=") + 1)}`;
    text = text.slice(at).trim();
  }
  if (text.startsWith("@")) {
    if (descriptors.includes(text)) return undefined;
    if (text.startsWith("@every ")) {
      const duration = text.slice(7);
      return /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(duration)
        ? undefined
        : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
    }
    return `unrecognized descriptor: ${text}`;
  }
  const parts = text.split(/\s+/).filter(Boolean);
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  for (const [i, part] of parts.entries())
    for (const range of part.split(",").filter(Boolean)) {
      const wrong = rangeProblem(range, fields[i]!);
      if (wrong) return wrong;
    }
  return undefined;
}

function rangeProblem(text: string, field: CronField): string | undefined {
  const [span = "", step, more] = text.split("/");
  const bounds = span.split("-");
  let start = field.min;
  let end = field.max;
  if (bounds[0] !== "*" && bounds[0] !== "?") {
    const first = numberOf(bounds[0]!, field);
    if (typeof first === "string") return first;
    start = first;
    if (bounds.length === 1) end = step === undefined ? first : field.max;
    else if (bounds.length === 2) {
      const last = numberOf(bounds[1]!, field);
      if (typeof last === "string") return last;
      end = last;
    } else return `too many hyphens: ${text}`;
  }
  if (more !== undefined) return `too many slashes: ${text}`;
  let by = 1;
  if (step !== undefined) {
    if (!/^\d+$/.test(step)) return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
    by = Number(step);
  }
  if (start < field.min) return `beginning of range (${start}) below minimum (${field.min}): ${text}`;
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  if (by === 0) return `step of range should be a positive number: ${text}`;
  return undefined;
}

function numberOf(text: string, field: CronField): number | string {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + field.min;
  if (!/^[-+]?\d+$/.test(text)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return Number(text);
}
