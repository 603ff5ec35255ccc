/** A refusal with its HTTP code: the message is the answer. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
