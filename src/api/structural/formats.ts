/** The formats that texts of custom kinds are held to, as upstream reads them. */
import { isIPv4, isIPv6 } from "node:net";

type Test = (text: string) => boolean;
const like =
  (pattern: RegExp): Test =>
  (text) =>
    pattern.test(text);

const uuid = (version: string, variant: string) =>
  like(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i"));

const hostnamePattern =
  /^(?:[a-zA-Z0-9\p{S}\p{L}](?:-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?|(?:[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u;

/** By name without dashes. */
const tests: Readonly<Record<string, Test>> = {
  bsonobjectid: like(/^[0-9a-f]{24}$/i),
  uri: isUri,
  email: isEmail,
  hostname: (text) =>
    Buffer.byteLength(text) <= 255 && text.split(".").every((part) => Buffer.byteLength(part) <= 63) && hostnamePattern.test(text),
  ipv4: (text) => isIPv4(withoutZeros(text)) || (isIPv6(text) && text.includes(".")),
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  cidr: isCidr,
  mac: isMac,
  uuid: uuid("[0-9a-f]", "[0-9a-f]"),
  uuid3: uuid("3", "[0-9a-f]"),
  uuid4: uuid("4", "[89ab]"),
  uuid5: uuid("5", "[89ab]"),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: like(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: like(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: isRgb,
  byte: like(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text),
  k8slongname: (text) => text.length <= 253 && text.split(".").every((part) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part)),
};

/** A format that is not known is no test. */
export function fitsFormat(format: string, text: string): boolean {
  const name = format.replaceAll("-", "");
  return Object.hasOwn(tests, name) ? tests[name]!(text) : true;
}

const withoutZeros = (text: string): string => text.replace(/(^|\.)0+(?=\d)/g, "$1");

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d+$/.test(bits)) return false;
  return isIPv4(withoutZeros(address)) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128;
}

/** A scheme with something behind it, or an absolute path. */
function isUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (text === "" || /[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  if (text.startsWith("/")) return true;
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:(.*)$/.exec(text);
  if (!scheme) return false;
  const port = /^\/\/[^/?#]*:([^/?#\]]*)(?:[/?#]|$)/.exec(scheme[1]!)?.[1];
  return port === undefined || /^\d*$/.test(port);
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\uffff-]+";
const address = `(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\]|\\\\.)*")@(?:${atom}(?:\\.${atom})*|\\[[^\\]]*\\])`;
const emailPattern = new RegExp(`^\\s*(?:${address}|(?:[^<>@,;:]*|"[^"]*"\\s*)<${address}>)\\s*$`);

function isEmail(text: string): boolean {
  return text.length <= 1024 && emailPattern.test(text);
}

function isMac(text: string): boolean {
  const isLong = (bytes: number) => bytes === 6 || bytes === 8 || bytes === 20;
  for (const gap of [":", "-"]) {
    const parts = text.split(gap);
    if (parts.length > 1) return isLong(parts.length) && parts.every((part) => /^[0-9a-fA-F]{2}$/.test(part));
  }
  const quads = text.split(".");
  return isLong(quads.length * 2) && quads.every((part) => /^[0-9a-fA-F]{4}$/.test(part));
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + (10 - i) * (digit === "X" ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, "");
  return /^\d{13}$/.test(digits) && [...digits].reduce((total, digit, i) => total + (i % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0;
}

const cards =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (!cards.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function isRgb(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text)?.slice(1);
  return parts?.every((part) => Number(part) <= 255 && String(Number(part)) === part) ?? false;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const [date = "", time] = text.toLowerCase().split("t");
  const match = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/.exec(time ?? "");
  return match !== null && isDate(date) && match[1]! <= "23" && match[2]! <= "59" && match[3]! <= "59";
}

const units = ["ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "sec", "min", "hr", "wk"];
const unitBeginnings = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];

/** Go's form (1h30m), or Scala's (22 ns, 5 days). */
function isDuration(text: string): boolean {
  if (/^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit]) => {
    const name = unit!.toLowerCase();
    return units.includes(name) || unitBeginnings.some((beginning) => name.startsWith(beginning));
  });
}
