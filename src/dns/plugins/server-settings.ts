/** What is done around the chain of a server, whoever answers: errors, log, order of addresses, ports that tell of the process. */
import type { RE2JS } from "re2js";

export interface ServerSettings {
  errors?: ErrorRules;
  /** Addresses of an answer take turns being first. */
  rotates?: boolean;
  log?: LogRule[];
  metrics?: HttpPlace;
  health?: HttpPlace & { lameduckMs: number };
  ready?: HttpPlace & { always: boolean };
}

/** At the addresses that DNS is answered at. */
export interface HttpPlace {
  port: number;
}

export type Level = "warn" | "error" | "info" | "debug";

/** Errors that a pattern matches, told together. */
export interface Gathered {
  pattern: RE2JS;
  text: string;
  forMs: number;
  level: Level;
  showsFirst: boolean;
}

export interface ErrorRules {
  gather: readonly Gathered[];
}

export type Class = "success" | "denial" | "error" | "all";

export interface LogRule {
  zones: readonly string[];
  format: string;
  classes: ReadonlySet<Class>;
}
