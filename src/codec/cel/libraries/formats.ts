/** Named formats: `format.dns1123Label().validate(name)` is nothing, or what is wrong. */
import { checkDns1035Label, checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue } from "../../names.ts";
import { declare, member, overload } from "../declare.ts";
import { listOf, objectOf, optionalOf, stringType } from "../types.ts";
import { CelObject, noValue, Optional } from "../value.ts";
import { urlProblem } from "./urls.ts";

const type = objectOf("kubernetes.NamedFormat");

class Format extends CelObject {
  readonly typeName = type.name;
  readonly name: string;
  readonly validate: (text: string) => readonly string[];
  /** What costs are reckoned by. */
  readonly maxRegexSize: number;
  constructor(name: string, maxRegexSize: number, validate: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.maxRegexSize = maxRegexSize;
    this.validate = validate;
  }
  equals(other: unknown): boolean {
    return other instanceof Format && other.name === this.name;
  }
}

/** A dash at the end of a prefix is as good as any letter. */
const masked = (check: (text: string) => string[]) => (text: string) =>
  check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
const matching = (holds: (text: string) => boolean, wrong: string) => (text: string) => (holds(text) ? [] : [wrong]);

function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return month >= 1 && month <= 12 && date.getUTCDate() === day;
}

function isDateTime(text: string): boolean {
  const [date, time] = text.toLowerCase().split("t") as [string, string | undefined];
  if (time === undefined || !isDate(date)) return false;
  const found = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|([+-]\d\d:\d\d))$/.exec(time);
  return found !== null && found[1]! <= "23" && found[2]! <= "59" && found[3]! <= "59";
}

const isBase64 = (text: string) => {
  const letters = text.replace(/[\r\n]/g, "");
  return letters.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(letters);
};
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const uri = (text: string) => {
  const problem = urlProblem(text);
  return problem === undefined ? [] : [problem];
};

const formats: Record<string, Format> = {
  dns1123Label: new Format("DNS1123Label", 30, checkDns1123Label),
  dns1123Subdomain: new Format("DNS1123Subdomain", 60, checkDns1123Subdomain),
  dns1035Label: new Format("DNS1035Label", 30, checkDns1035Label),
  qualifiedName: new Format("QualifiedName", 60, checkLabelKey),
  dns1123LabelPrefix: new Format("DNS1123LabelPrefix", 30, masked(checkDns1123Label)),
  dns1123SubdomainPrefix: new Format("DNS1123SubdomainPrefix", 60, masked(checkDns1123Subdomain)),
  dns1035LabelPrefix: new Format("DNS1035LabelPrefix", 30, masked(checkDns1035Label)),
  labelValue: new Format("LabelValue", 40, checkLabelValue),
  uri: new Format("URI", 1103, uri),
  uuid: new Format(
    "uuid",
    70,
    matching((text) => uuid.test(text), "does not match the UUID format"),
  ),
  byte: new Format("byte", 84, matching(isBase64, "invalid base64")),
  date: new Format("date", 71, matching(isDate, "invalid date")),
  datetime: new Format("datetime", 71, matching(isDateTime, "invalid datetime")),
};

function validate(format: Format, text: string): Optional {
  const problems = format.validate(text);
  return problems.length === 0 ? noValue : new Optional(problems);
}

export const namedFormats = [
  declare("validate", member("format-validate", [type, stringType], optionalOf(listOf(stringType)), validate)),
  declare(
    "format.named",
    overload("format-named", [stringType], optionalOf(type), (name: string) =>
      Object.hasOwn(formats, name) ? new Optional(formats[name]) : noValue,
    ),
  ),
  ...Object.entries(formats).map(([name, format]) =>
    declare(
      `format.${name}`,
      overload(`format.${name}`, [], type, () => format),
    ),
  ),
];
