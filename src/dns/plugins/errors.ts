/** `errors`: a line for each query that failed; of those that a pattern matches, one for many. */
import type { Clock, Log } from "#base/mod.ts";
import { formatGoDuration } from "#codec/go-duration.ts";
import { typeName } from "../message.ts";
import { patternOf } from "./patterns.ts";
import { durationOf, type Made, type Plugin, type Query, type Reply, refuse, unknown, wrongCount } from "./plugin.ts";
import type { ErrorRules, Gathered, Level } from "./server-settings.ts";

const levels: Readonly<Record<string, Level>> = { warning: "warn", error: "error", info: "info", debug: "debug" };

export const errors: Plugin = {
  name: "errors",
  read(lines): Made {
    const directive = lines[0]!;
    if (directive.args.length > 0) wrongCount(directive);
    const gather: Gathered[] = [];
    for (const line of directive.block ?? []) {
      if (line.name === "stacktrace")
        refuse(line, "plugin/errors: 'stacktrace' is not there: what nobody expected ends the process, and is logged with it");
      if (line.name !== "consolidate") unknown(line, "errors");
      const [duration, text, ...rest] = line.args;
      if (text === undefined || rest.length > 2) wrongCount(line);
      const showsFirst = rest.at(-1) === "show_first";
      const word = rest[0] === "show_first" || rest[0] === undefined ? "error" : rest[0];
      const level = levels[word] ?? refuse(line, `unknown log level argument in consolidate: ${word}`);
      gather.push({ pattern: patternOf(line, text!), text: text!, forMs: durationOf(line, duration), level, showsFirst });
    }
    return { settings: { errors: { gather } } };
  },
};

/** Tells of failures as the rules want; `close` ends what it waits for. */
export class ErrorLog {
  readonly #rules: ErrorRules;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<Gathered, number>();

  constructor(rules: ErrorRules, { clock, log }: { clock: Clock; log: Log }) {
    this.#rules = rules;
    this.#clock = clock;
    this.#log = log;
  }
  failed(query: Query, { bytes, problem }: Reply): void {
    if (problem === undefined) return;
    const rule = this.#rules.gather.find(({ pattern }) => pattern.matcher(problem).find());
    const line = `${bytes[3]! & 0x0f} ${query.name}. ${typeName(query.type)}: ${problem}`;
    if (!rule) return this.#log.error(line);
    const count = (this.#counts.get(rule) ?? 0) + 1;
    this.#counts.set(rule, count);
    if (count > 1) return;
    if (rule.showsFirst) this.#log[rule.level](line);
    this.#clock.after(rule.forMs, () => this.#tell(rule), { background: true });
  }
  #tell(rule: Gathered): void {
    const count = this.#counts.get(rule) ?? 0;
    this.#counts.delete(rule);
    if (count > (rule.showsFirst ? 1 : 0))
      this.#log[rule.level](`${count} errors like '${rule.text}' occurred in last ${formatGoDuration(rule.forMs)}`);
  }
}
