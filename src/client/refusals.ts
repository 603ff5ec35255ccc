/** What an ApiError means. */
import { ApiError } from "./contract.ts";

const is = (error: unknown, code: number, reason: string) =>
  error instanceof ApiError && (error.reason === reason || (error.reason === "" && error.code === code));

export const isNotFound = (error: unknown): boolean => is(error, 404, "NotFound");
export const isConflict = (error: unknown): boolean => is(error, 409, "Conflict");
export const isAlreadyExists = (error: unknown): boolean => error instanceof ApiError && error.reason === "AlreadyExists";
export const isGone = (error: unknown): boolean => is(error, 410, "Expired") || is(error, 410, "Gone");
export const isInvalid = (error: unknown): boolean => is(error, 422, "Invalid");
export const isForbidden = (error: unknown): boolean => is(error, 403, "Forbidden");
/** The namespace is on its way out: nothing new can be made in it. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isForbidden(error) && (error as ApiError).status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") === true;

/** The value, or undefined when there is no such object. */
export async function orUndefined<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
