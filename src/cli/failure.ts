/** What goes wrong, in the words that kubectl's users know, and the exit code that says so. */

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusBody {
  kind?: string;
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: { name?: string; group?: string; kind?: string; causes?: StatusCause[]; retryAfterSeconds?: number };
}

/** A refusal by the server. */
export class StatusError extends Error {
  override name = "StatusError";
  readonly status: StatusBody;
  constructor(status: StatusBody) {
    super(status.message ?? "");
    this.status = status;
  }
  get reason(): string {
    return this.status.reason ?? "";
  }
  get code(): number {
    return this.status.code ?? 0;
  }
}

/** No answer came: nothing listens, TLS failed, a name does not resolve. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
  readonly host: string;
  readonly refused: boolean;
  constructor(message: string, host: string, refused: boolean) {
    super(message);
    this.host = host;
    this.refused = refused;
  }
}

/** An error of use; printed as `error: message` unless `raw`. */
export class CliError extends Error {
  override name = "CliError";
  readonly raw: boolean;
  readonly exitCode: number;
  constructor(message: string, options: { raw?: boolean; exitCode?: number } = {}) {
    super(message);
    this.raw = options.raw ?? false;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Several errors, each printed on its line without a prefix of its own. */
export class ErrorList extends Error {
  override name = "ErrorList";
  readonly errors: unknown[];
  constructor(errors: unknown[]) {
    super(errors.map(messageFor).join("\n"));
    this.errors = errors;
  }
}

/** Ends the command with this code; everything was said already. */
export class Exit extends Error {
  override name = "Exit";
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Upstream's answer to some wrong uses: the command's help, and perhaps an error behind it. */
export class ShowHelp extends Error {
  override name = "ShowHelp";
  readonly failure: CliError | undefined;
  constructor(message?: string) {
    super(message);
    this.failure = message === undefined ? undefined : new CliError(message);
  }
}

export function usageError(message: string, command: string): CliError {
  return new CliError(`${message}\nSee '${command} -h' for help and examples`);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "NotFound";
}
export function isForbidden(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "Forbidden";
}
export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "Conflict";
}

/** Throws what was collected: nothing, the one error, or all of them. */
export function throwAll(errors: unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new ErrorList(errors);
}

/** The whole message for stderr, with its newline, and the exit code. */
export function renderFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof Exit) return { text: "", exitCode: error.exitCode };
  const exitCode = error instanceof CliError ? error.exitCode : 1;
  const text = failureText(error);
  return { text: text === "" || text.endsWith("\n") ? text : `${text}\n`, exitCode };
}

function failureText(error: unknown): string {
  if (error instanceof StatusError && error.reason === "Invalid") return invalidText(error);
  if (error instanceof ErrorList) {
    return error.errors.length === 1 ? failureText(error.errors[0]) : error.errors.map((item) => `${messageFor(item)}\n`).join("");
  }
  const standard = standardMessage(error);
  if (standard !== undefined) return standard;
  if (error instanceof CliError) return error.raw || error.message.startsWith("error: ") ? error.message : `error: ${error.message}`;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}

/** One error inside a list of several. */
export function messageFor(error: unknown): string {
  return standardMessage(error) ?? (error instanceof Error ? error.message : String(error));
}

function standardMessage(error: unknown): string | undefined {
  if (error instanceof StatusError) {
    if (error.reason === "Unauthorized") return `error: You must be logged in to the server (${error.message})`;
    return error.reason === "" ? `Error from server: ${error.message}` : `Error from server (${error.reason}): ${error.message}`;
  }
  if (error instanceof ConnectionError) {
    if (error.refused) return `The connection to the server ${error.host} was refused - did you specify the right host or port?`;
    return `Unable to connect to the server: ${error.message}`;
  }
  return undefined;
}

function invalidText({ status }: StatusError): string {
  const { details } = status;
  if (!details) return `The request is invalid${status.message ? `: ${status.message}` : ""}`;
  const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field ?? ""}: ${cause.message ?? ""}`))];
  let head = "The request is invalid";
  if (details.kind || details.name) head = `The ${details.kind ?? ""} ${JSON.stringify(details.name ?? "")} is invalid`;
  else if (status.message && causes.length === 0) head += `: ${status.message}`;
  if (causes.length === 0) return head;
  if (causes.length === 1) return `${head}: ${causes[0]}\n`;
  return `${head}: \n${causes.map((cause) => `* ${cause}\n`).join("")}`;
}
