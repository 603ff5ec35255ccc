/** Refusals as upstream words them: clients match on code, reason and message, so each builder is contract. */
import type { Status } from "#api/mod.ts";
import { ApiError } from "#client/contract.ts";

export { ApiError };

/** A group and a resource (or kind) that a refusal is about. */
export interface About {
  group: string;
  resource: string;
}

export interface FieldProblem {
  /** Upstream's cause: FieldValueRequired, FieldValueInvalid, … */
  type: string;
  field: string;
  /** `spec.x: Required value: …`, with the field in front. */
  message: string;
  /** The message without the field, as in `causes`. */
  body?: string;
}

type Cause = { reason?: string; message?: string; field?: string };
type Details = { name?: string; group?: string; kind?: string; uid?: string; causes?: Cause[]; retryAfterSeconds?: number };

export function failure(code: number, reason: string, message: string, details?: Details): ApiError {
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message };
  if (reason) status.reason = reason;
  if (details) status.details = details;
  status.code = code;
  return new ApiError(status);
}

const named = ({ group, resource }: About) => (group ? `${resource}.${group}` : resource);

function detailsOf(about: About, name = ""): Details {
  const details: Details = {};
  if (name) details.name = name;
  if (about.group) details.group = about.group;
  if (about.resource) details.kind = about.resource;
  return details;
}

export const notFound = (about: About, name: string) =>
  failure(404, "NotFound", `${named(about)} "${name}" not found`, detailsOf(about, name));

/** The answer for a path that no handler serves. */
export const noSuchPath = () => failure(404, "NotFound", "the server could not find the requested resource", {});

export const alreadyExists = (about: About, name: string) =>
  failure(409, "AlreadyExists", `${named(about)} "${name}" already exists`, detailsOf(about, name));

export const conflict = (about: About, name: string, why: string) =>
  failure(409, "Conflict", `Operation cannot be fulfilled on ${named(about)} "${name}": ${why}`, detailsOf(about, name));

export const modified = (about: About, name: string) =>
  conflict(about, name, "the object has been modified; please apply your changes to the latest version and try again");

export const forbidden = (about: About, name: string, why: string) => {
  const message = !about.resource
    ? `forbidden: ${why}`
    : name
      ? `${named(about)} "${name}" is forbidden: ${why}`
      : `${named(about)} is forbidden: ${why}`;
  return failure(403, "Forbidden", message, detailsOf(about, name));
};

export const unauthorized = (message = "Unauthorized") => failure(401, "Unauthorized", message);

export const badRequest = (message: string) => failure(400, "BadRequest", message);

/** `about.resource` is the Kind here, as upstream words it: `Pod "x" is invalid: …`. */
export function invalid(about: About, name: string, problems: FieldProblem[]): ApiError {
  const texts = [...new Set(problems.map((problem) => problem.message))];
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = problems.map((problem) => ({
    reason: problem.type,
    message: problem.body ?? problem.message.slice(problem.field.length + 2),
    field: problem.field,
  }));
  const details = detailsOf(about, name);
  if (causes.length) details.causes = causes;
  return failure(
    422,
    "Invalid",
    problems.length ? `${named(about)} "${name}" is invalid: ${text}` : `${named(about)} "${name}" is invalid`,
    details,
  );
}

export const methodNotSupported = (about: About, action: string) =>
  failure(405, "MethodNotAllowed", `${action} is not supported on resources of kind "${named(about)}"`, detailsOf(about));

export const methodNotAllowed = () =>
  failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const gone = (message: string) => failure(410, "Gone", message);

/** The revision was compacted away, or the continue token is too old. */
export const expired = (message: string) => failure(410, "Expired", message);

export const tooOldVersion = (asked: number | string, oldest: number | string) => expired(`too old resource version: ${asked} (${oldest})`);

export const tooManyRequests = (message: string, retryAfterSeconds = 1, details: Details = {}) =>
  failure(429, "TooManyRequests", message, { ...details, retryAfterSeconds });

export const timeout = (message: string, retryAfterSeconds = 0) =>
  failure(504, "Timeout", `Timeout: ${message}`, retryAfterSeconds ? { retryAfterSeconds } : {});

export function tooLargeVersion(asked: number, current: number): ApiError {
  return failure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export const serverTimeout = (about: About, operation: string, retryAfterSeconds = 0) =>
  failure(
    500,
    "ServerTimeout",
    `The ${operation} operation against ${named(about)} could not be completed at this time, please try again.`,
    {
      ...detailsOf(about, operation),
      ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
    },
  );

export const serviceUnavailable = (message: string) => failure(503, "ServiceUnavailable", message);

export const internal = (message: string) =>
  failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });

export const tooLarge = (message: string) => failure(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);

/** What upstream's router says before any codec is asked. */
export const noRepresentation = (types: string[]) =>
  failure(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${types.join(", ")}`, {});

export const unsupportedPatch = () => failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});

export const notAcceptable = (types: string[]) =>
  failure(406, "NotAcceptable", `only the following media types are accepted: ${types.join(", ")}`);

export const unsupportedMedia = (types: string[]) =>
  failure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  );

/** A full disk passes, so the client is asked to come again; of a store out of reach nobody knows whether it has the write. */
export function storeRefusal({ kind, message }: { kind: "full" | "failed" | "unreachable"; message: string }): ApiError {
  switch (kind) {
    case "full":
      return failure(507, "InsufficientStorage", message, { retryAfterSeconds: 5 });
    case "unreachable":
      return timeout(message, 1);
    default:
      return internal(message);
  }
}
