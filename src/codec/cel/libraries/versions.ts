/** Semantic versions: `semver("1.2.3").isLessThan(semver("1.10.0"))`. */
import { declare, member, overload } from "../declare.ts";
import { boolType, intType, objectOf, stringType } from "../types.ts";
import { CelObject, Fault, intOf, maxUint } from "../value.ts";

const type = objectOf("kubernetes.Semver");
type Part = string | bigint;

class Version extends CelObject {
  readonly typeName = type.name;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly Part[];
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly Part[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  /** What is built makes no difference. */
  equals(other: unknown): boolean {
    return other instanceof Version && order(this, other) === 0;
  }
}

const digits = /^\d+$/;
const alphanumeric = /^[0-9A-Za-z-]+$/;
const longest = 1000;

function number(text: string, name: string): bigint {
  if (!digits.test(text)) throw new Fault(`Invalid character(s) found in ${name.toLowerCase()} number ${JSON.stringify(text)}`);
  if (text.length > 1 && text.startsWith("0")) throw new Fault(`${name} number must not contain leading zeroes ${JSON.stringify(text)}`);
  return unsigned(text);
}

function unsigned(text: string): bigint {
  const value = BigInt(text);
  if (value > maxUint) throw new Fault(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function prerelease(text: string): Part {
  if (text === "") throw new Fault("Prerelease is empty");
  if (digits.test(text)) {
    if (text.length > 1 && text.startsWith("0"))
      throw new Fault(`Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(text)}`);
    return unsigned(text);
  }
  if (!alphanumeric.test(text)) throw new Fault(`Invalid character(s) found in prerelease ${JSON.stringify(text)}`);
  return text;
}

function build(text: string): void {
  if (text === "") throw new Fault("Build meta data is empty");
  if (!alphanumeric.test(text)) throw new Fault(`Invalid character(s) found in build meta data ${JSON.stringify(text)}`);
}

function parse(text: string): Version {
  if (text === "") throw new Fault("Version string empty");
  const [major, minor, ...more] = text.split(".") as [string, string | undefined];
  if (minor === undefined || more.length === 0 || text.length > longest) throw new Fault("No Major.Minor.Patch elements found");
  const numbers = [number(major, "Major"), number(minor, "Minor")] as const;
  const rest = more.join(".");
  const [before, meta] = cut(rest, "+");
  const [patch, pre] = cut(before, "-");
  const third = number(patch, "Patch");
  const parts = pre?.split(".").map(prerelease) ?? [];
  meta?.split(".").forEach(build);
  return new Version([...numbers, third], parts);
}

function cut(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Takes `v1.2` and `01.2.3` too. */
function normalized(text: string): string {
  const [major, minor, ...rest] = text.replace(/^v/, "").split(".") as [string, string?];
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length > 0 ? [rest.join(".")] : [])].map((part) =>
    part.length > 1 ? part.replace(/^0+(?=\d)/, "").replace(/^0*(?=\D|$)/, "0") : part,
  );
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) throw new Fault("short version cannot contain PreRelease/Build meta data");
  while (parts.length < 3) parts.push("0");
  return parts.join(".");
}

const read = (text: string, normalize = false) => parse(normalize ? normalized(text) : text);

function isVersion(text: string, normalize = false): boolean {
  try {
    read(text, normalize);
    return true;
  } catch {
    return false;
  }
}

const sign = (a: Part, b: Part) => (a < b ? -1 : a > b ? 1 : 0);

function order(a: Version, b: Version): number {
  for (const i of [0, 1, 2] as const) if (a.numbers[i] !== b.numbers[i]) return sign(a.numbers[i], b.numbers[i]);
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const [x, y] = [a.prerelease[i]!, b.prerelease[i]!];
    if (x !== y) return typeof x === typeof y ? sign(x, y) : typeof x === "bigint" ? -1 : 1;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

const part = (at: 0 | 1 | 2) => (version: Version) => intOf(version.numbers[at]);
const [one, two, normalizing] = [[type], [type, type], [stringType, boolType]];
export const versions = [
  declare(
    "semver",
    overload("string_to_semver", [stringType], type, (text: string) => read(text)),
    overload("string_bool_to_semver", normalizing, type, read),
  ),
  declare(
    "isSemver",
    overload("is_semver_string", [stringType], boolType, (text: string) => isVersion(text)),
    overload("is_semver_string_bool", normalizing, boolType, isVersion),
  ),
  declare(
    "isGreaterThan",
    member("semver_is_greater_than", two, boolType, (a: Version, b: Version) => order(a, b) > 0),
  ),
  declare(
    "isLessThan",
    member("semver_is_less_than", two, boolType, (a: Version, b: Version) => order(a, b) < 0),
  ),
  declare("compareTo", member("semver_compare_to", two, intType, order)),
  declare("major", member("semver_major", one, intType, part(0))),
  declare("minor", member("semver_minor", one, intType, part(1))),
  declare("patch", member("semver_patch", one, intType, part(2))),
];
