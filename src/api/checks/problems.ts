/** What is wrong with an object: typed complaints about fields, and the Status that carries them to the client. */
import type { Status } from "../meta/status.ts";

export type ProblemType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueForbidden"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueNotFound"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  type: ProblemType;
  /** `spec.containers[0].image`. */
  field: string;
  badValue: unknown;
  detail: string;
}

const words: Record<ProblemType, string> = {
  FieldValueRequired: "Required value",
  FieldValueInvalid: "Invalid value",
  FieldValueForbidden: "Forbidden",
  FieldValueNotSupported: "Unsupported value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueNotFound: "Not found",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

/** For complaints that do not show the value. */
export const omitted = Symbol("omitted");

/** Collects complaints in the order in which upstream finds them. */
export class Problems {
  readonly list: FieldError[] = [];

  required(field: string, detail = ""): void {
    this.#add("FieldValueRequired", field, "", detail);
  }

  invalid(field: string, badValue: unknown, detail: string): void {
    this.#add("FieldValueInvalid", field, badValue, detail);
  }

  /** One complaint for each text. */
  invalids(field: string, badValue: unknown, details: readonly string[]): void {
    for (const detail of details) this.invalid(field, badValue, detail);
  }

  forbidden(field: string, detail: string): void {
    this.#add("FieldValueForbidden", field, "", detail);
  }

  notSupported(field: string, badValue: unknown, supported: readonly string[]): void {
    const detail = supported.length > 0 ? `supported values: ${supported.map((value) => JSON.stringify(value)).join(", ")}` : "";
    this.#add("FieldValueNotSupported", field, badValue, detail);
  }

  duplicate(field: string, badValue: unknown): void {
    this.#add("FieldValueDuplicate", field, badValue, "");
  }

  tooLong(field: string, max: number, unit = "byte"): void {
    const detail = max >= 0 ? `may not be more than ${max} ${unit}${max === 1 ? "" : "s"}` : "value is too long";
    this.#add("FieldValueTooLong", field, "<value omitted>", detail);
  }

  tooMany(field: string, actual: number, max: number): void {
    this.#add("FieldValueTooMany", field, actual, `must have at most ${max} item${max === 1 ? "" : "s"}`);
  }

  notFound(field: string, badValue: unknown, detail = ""): void {
    this.#add("FieldValueNotFound", field, badValue, detail);
  }

  internal(field: string, detail: string): void {
    this.#add("InternalError", field, "", detail);
  }

  get none(): boolean {
    return this.list.length === 0;
  }

  #add(type: ProblemType, field: string, badValue: unknown, detail: string): void {
    this.list.push({ type, field, badValue, detail });
  }
}

/** `Invalid value: "x": must be …`, as in causes. */
export function bodyOf({ type, badValue, detail }: FieldError): string {
  const tail = detail === "" ? "" : `: ${detail}`;
  switch (type) {
    case "FieldValueRequired":
    case "FieldValueForbidden":
    case "FieldValueTooLong":
    case "InternalError":
      return `${words[type]}${tail}`;
  }
  return badValue === omitted ? `${words[type]}${tail}` : `${words[type]}: ${printed(badValue)}${tail}`;
}

function printed(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  return JSON.stringify(value ?? null).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** Go's %q. */
export function quoted(value: string): string {
  return JSON.stringify(value).replace(/\\u00([0-1][0-9a-f])|\\b|\\f|\u007f/g, (part) => {
    if (part === "\\b" || part === "\\f") return part;
    return `\\x${part === "\u007f" ? "7f" : part.slice(-2)}`;
  });
}

/** 422 Invalid: `Deployment.apps "x" is invalid: spec.selector: Required value`; several stand in brackets, each text once. */
export function statusOfInvalid(kind: string, group: string, name: string, errors: readonly FieldError[]): Status {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${bodyOf(error)}`))];
  const what = `${group ? `${kind}.${group}` : kind} ${quoted(name)} is invalid`;
  const why = texts.length === 0 ? "" : texts.length === 1 ? `: ${texts[0]}` : `: [${texts.join(", ")}]`;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: what + why,
    reason: "Invalid",
    details: {
      ...(name && { name }),
      ...(group && { group }),
      ...(kind && { kind }),
      ...(errors.length > 0 && { causes: errors.map((error) => ({ reason: error.type, message: bodyOf(error), field: error.field })) }),
    },
    code: 422,
  };
}
