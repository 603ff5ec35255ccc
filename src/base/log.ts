/** One line a fact: a message that never changes, and fields that do. Never a secret. */
import { createRequire } from "node:module";
import type { Logger } from "pino";

export type Fields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that adds these fields to every line. */
  with(fields: Fields): Log;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Writes JSON lines to standard error (or the file descriptor given). */
export function createLog(options: { level?: LogLevel; fd?: number; fields?: Fields } = {}): Log {
  // Loaded on first use: commands that never log do not pay for it.
  const { pino } = createRequire(import.meta.url)("pino") as typeof import("pino");
  const sink = pino.destination({ dest: options.fd ?? 2, sync: true });
  const root = pino({ level: options.level ?? "info", base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  const sinkOf = root as unknown as Sink;
  return wrap(options.fields ? sinkOf.child(options.fields) : sinkOf);
}

type Sink = Pick<Logger, "debug" | "info" | "warn" | "error"> & { child(fields: Fields): Sink };

function wrap(logger: Sink): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    with: (fields) => wrap(logger.child(fields)),
  };
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
};
