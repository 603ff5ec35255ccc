/** What a client did wrong, or what is not there, in the words of the distribution spec: becomes an answer in one place. */

const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

export type RefusalCode = keyof typeof statuses;

export class Refusal extends Error {
  override name = "Refusal";
  readonly code: RefusalCode;
  readonly status: number;
  readonly headers: Record<string, string>;

  /** `status`: where the code's usual one is not meant. */
  constructor(code: RefusalCode, message: string, more: { status?: number; headers?: Record<string, string>; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? statuses[code];
    this.headers = more.headers ?? {};
  }
}

/** The disk has no room: what was under way is given up. */
export const noRoom = (cause?: unknown): Refusal =>
  new Refusal("UNKNOWN", "the disk of the registry has no room left for this", { status: 507, cause });

/** ENOSPC and EDQUOT of files, SQLITE_FULL of the catalog. */
export function isNoRoom(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number };
  return code === "ENOSPC" || code === "EDQUOT" || errcode === 13;
}
