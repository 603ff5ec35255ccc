/** Reads values of annotations: what cannot be read is refused by a reason, and nothing becomes text of a configuration. */
import { BlockList, isIP } from "node:net";
import { RE2JS } from "re2js";
import { messageOf } from "#base/mod.ts";
import type { Options } from "./options.ts";

/** Refused by a name and a reason; what is asked for stays as if it had not been. */
export class Bad extends Error {
  override name = "Bad";
}

export function pattern(value: string): RE2JS {
  try {
    return RE2JS.compile(value);
  } catch (error) {
    throw new Bad(`it is no pattern: ${messageOf(error)}`);
  }
}

export function flag(value: string): boolean {
  if (!/^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value)) throw new Bad("it is neither true nor false");
  return /^[1tT]/.test(value);
}

export function number(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Bad("it is no whole number");
  return Number(value);
}

export function seconds(value: string, most: number): number {
  const text = value.replace(/s$/, "");
  if (number(text) < 1 || number(text) > most) throw new Bad(`it is not between 1 and ${most} seconds`);
  return number(text) * 1000;
}

export function size(value: string): number {
  const [, digits, unit = ""] = /^(\d{1,9})([kKmMgG]?)$/.exec(value) ?? [];
  if (digits === undefined) throw new Bad("it is no size");
  const powers: Record<string, number> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };
  return Number(digits) * powers[unit.toLowerCase()]!;
}

/** What stands in a header must be one line of plain characters. */
export function line(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Bad("it has characters that no header may have");
  return value;
}

export function path(value: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(value)) throw new Bad("it is no path");
  if (/[;"\\]/.test(value)) throw new Bad("it has characters that no path may have");
  return value;
}

export function url(value: string): string {
  if (!/^(https?:\/\/|\/)[\x21-\x7e]+$/.test(value) || !URL.canParse(value, "http://host/")) throw new Bad("it is no URL");
  return value;
}

const failures = { error: ["connect", "closed"], timeout: ["late"], invalid_header: ["bad"] } as const;

/** As nginx has it: `error timeout http_503`. */
export function nextUpstream(value: string): NonNullable<Options["again"]> {
  const words = value.split(/\s+/).filter((word) => word !== "");
  const bad = words.find((word) => !/^(off|error|timeout|invalid_header|non_idempotent|http_(500|502|503|504|403|404|429))$/.test(word));
  if (bad !== undefined) throw new Bad(`${JSON.stringify(bad)} is not known`);
  const isOff = words.includes("off");
  const codes = words.flatMap((word) => (word.startsWith("http_") ? [Number(word.slice(5))] : []));
  const ways = Object.entries(failures).flatMap(([word, each]) => (words.includes(word) ? each : []));
  return {
    codes: new Set(isOff ? [] : codes),
    failures: new Set(isOff ? [] : ways),
    attempts: 0,
    backoffMs: 0,
    eachMs: 0,
    anyMethod: words.includes("non_idempotent"),
  };
}

/** `name`, or `namespace/name`. */
export function objectName(value: string): string {
  if (!/^([a-z0-9-]+\/)?[a-z0-9.-]+$/.test(value)) throw new Bad("it is no name of an object");
  return value;
}

export function hostName(value: string): string {
  if (!/^(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?(:\d{1,5})?$/.test(value)) throw new Bad("it is no host");
  return value.toLowerCase();
}

export const list = (value: string): string[] =>
  value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");

/** Whoever cannot be read is nobody who is let in. */
export function ranges(value: string): BlockList {
  const block = new BlockList();
  for (const each of list(value)) {
    const [address = "", bits] = each.split("/");
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)))
      throw new Bad(`${each} is no range of addresses`);
    block.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? "ipv6" : "ipv4");
  }
  if (list(value).length === 0) throw new Bad("it names no range");
  return block;
}
