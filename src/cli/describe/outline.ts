/** Indented `Key:\tvalue` lines, aligned at the end: the page that every describer writes on. */
import { describeTabs, TabWriter } from "../print/tab-writer.ts";
import { age, humanDuration, type KObject } from "../print/values.ts";

export class Outline {
  readonly nowMs: number;
  #writer: { write(text: string): void; flush(): string };
  #done = "";

  /** `aligned: false` leaves the tabs as they are: upstream does so for the template of a revision. */
  constructor(nowMs: number, { aligned = true }: { aligned?: boolean } = {}) {
    this.nowMs = nowMs;
    this.#writer = aligned ? new TabWriter(describeTabs) : plainWriter();
  }
  /** One line, two blanks a level. */
  line(level: number, text: string): void {
    this.#writer.write(`${"  ".repeat(level)}${text}\n`);
  }
  /** Text without a newline of its own. */
  raw(text: string): void {
    this.#writer.write(text);
  }
  /** Lines behind are aligned on their own. */
  flush(): void {
    this.#done += this.#writer.flush();
  }
  end(): string {
    this.flush();
    return this.#done;
  }

  /** `Labels:` with one pair a line. */
  pairs(title: string, values: Record<string, string> | undefined, prefix = ""): void {
    const keys = Object.keys(values ?? {}).sort();
    if (keys.length === 0) return this.line(0, `${prefix}${title}:\t<none>`);
    for (const [index, key] of keys.entries()) this.line(0, `${index === 0 ? `${prefix}${title}:` : ""}\t${key}=${values?.[key]}`);
  }

  annotations(title: string, values: Record<string, string> | undefined): void {
    const keys = Object.keys(values ?? {})
      .filter((key) => key !== "kubectl.kubernetes.io/last-applied-configuration")
      .sort();
    if (keys.length === 0) return this.line(0, `${title}:\t<none>`);
    for (const [index, key] of keys.entries()) {
      const head = index === 0 ? `${title}:\t` : "\t";
      const value = (values?.[key] ?? "").replace(/\n$/, "");
      if (value.length + key.length + 2 <= longestAnnotation && !value.includes("\n")) this.line(0, `${head}${key}: ${value}`);
      else {
        this.line(0, `${head}${key}:`);
        for (const part of value.split("\n")) this.line(0, `\t  ${shorten(part, longestAnnotation - 2)}`);
      }
    }
  }

  head(object: KObject, options: { namespaced?: boolean } = {}): void {
    this.line(0, `Name:\t${object.metadata.name}`);
    if (options.namespaced !== false) this.line(0, `Namespace:\t${object.metadata.namespace ?? ""}`);
  }
  labels(object: KObject): void {
    this.pairs("Labels", object.metadata.labels);
    this.annotations("Annotations", object.metadata.annotations);
  }
  controller(object: KObject): void {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
    if (owner) this.line(0, `Controlled By:\t${owner.kind}/${owner.name}`);
  }

  events(events: KObject[] | undefined): void {
    if (!events) return;
    if (events.length === 0) return this.line(0, "Events:\t<none>");
    this.flush();
    this.line(0, "Events:");
    this.line(0, "  Type\tReason\tAge\tFrom\tMessage");
    this.line(0, "  ----\t------\t----\t----\t-------");
    const last = (event: KObject) => event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? "";
    for (const event of [...events].sort((a, b) => Date.parse(last(a)) - Date.parse(last(b)))) {
      const message = String(event.message ?? "").trim();
      const field = event.involvedObject?.fieldPath;
      const source = event.source?.component || event.reportingComponent || "";
      this.line(1, `${event.type}\t${event.reason}\t${this.interval(event)}\t${source}\t${field ? `${field}: ` : ""}${message}`);
    }
  }

  /** `5m (x3 over 10m)`. */
  interval(event: KObject): string {
    const first = age(event.eventTime ?? event.firstTimestamp, this.nowMs);
    if (event.series) return `${age(event.series.lastObservedTime, this.nowMs)} (x${event.series.count} over ${first})`;
    if ((event.count ?? 0) > 1) return `${age(event.lastTimestamp, this.nowMs)} (x${event.count} over ${first})`;
    return first;
  }
  ageOf(timestamp: string | undefined): string {
    return age(timestamp, this.nowMs);
  }
}

function plainWriter(): { write(text: string): void; flush(): string } {
  let text = "";
  return {
    write: (more) => void (text += more),
    flush: () => {
      const done = text;
      text = "";
      return done;
    },
  };
}

const longestAnnotation = 140;

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Mon, 02 Jan 2006 15:04:05 -0700` in local time. */
export function longTime(timestamp: string | null | undefined): string {
  if (!timestamp) return "Mon, 01 Jan 0001 00:00:00 +0000";
  const date = new Date(Date.parse(timestamp));
  const two = (value: number) => String(value).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${days[date.getDay()]}, ${two(date.getDate())} ${months[date.getMonth()]} ${date.getFullYear()} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

export { humanDuration };
