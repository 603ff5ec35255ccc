/** Options of a log and of forwarded ports are judged before it is looked where they lead. */
import { badRequest, type FieldProblem, invalid } from "../request/errors.ts";

const maxInt64 = 2n ** 63n - 1n;

/** Throws 400 for what cannot be read, and 422 for what makes no sense. */
export function checkLogOptions(query: URLSearchParams, pod: string): void {
  const [tail, limit, seconds] = ["tailLines", "limitBytes", "sinceSeconds"].map((name) => integerOf(query.get(name)));
  const time = query.get("sinceTime");
  if (time) checkTime(time);
  const problems: FieldProblem[] = [];
  const wrong = (type: string, field: string, body: string) => problems.push({ type, field, message: `${field}: ${body}`, body });
  const low = (field: string, value: bigint, least: string) =>
    wrong("FieldValueInvalid", field, `Invalid value: ${value}: must be greater than ${least}`);
  if (tail !== undefined && tail < 0n) low("tailLines", tail, "or equal to 0");
  if (limit !== undefined && limit < 1n) low("limitBytes", limit, "0");
  if (seconds !== undefined && time)
    wrong("FieldValueForbidden", "[]", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
  else if (seconds !== undefined && seconds < 1n) low("sinceSeconds", seconds, "0");
  // Choosing one of the streams is a feature that upstream has switched off.
  if (query.get("stream")) wrong("FieldValueForbidden", "stream", "Forbidden: may not be specified");
  if (problems.length > 0) throw invalid({ group: "", resource: "PodLogOptions" }, pod, problems);
}

export function checkPorts(query: URLSearchParams): void {
  for (const text of query.getAll("ports").flatMap((list) => list.split(","))) {
    const refused = (why: string) => badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
    if (!/^\d+$/.test(text)) throw refused("invalid syntax");
    if (Number(text) > 65535) throw refused("value out of range");
  }
}

function integerOf(text: string | null): bigint | undefined {
  if (!text) return undefined;
  const refused = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refused("invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  if (value > maxInt64 || value < -maxInt64 - 1n) throw refused("value out of range");
  return value;
}

function checkTime(text: string): void {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) return;
  throw badRequest(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`);
}
