/** Watch streams: JSON lines over one response, ended by the server, the signal or the caller. */
import { parseExact } from "#codec/exact-integers.ts";
import type { RestRequest } from "./rest.ts";
import type { Session } from "./session.ts";

export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** Yields events as they arrive; ends quietly when the signal aborts or the time of --request-timeout is over. */
export async function* watchEvents<T>(session: Session, request: RestRequest): AsyncGenerator<WatchEvent<T>> {
  const rest = await session.rest();
  const signal = request.signal ?? session.io.signal;
  let rest_ = "";
  try {
    const stream = await rest.stream({ ...request, query: { ...request.query, watch: "true" }, signal });
    stream.setEncoding("utf8");
    for await (const chunk of stream) {
      rest_ += chunk as string;
      for (let end = rest_.indexOf("\n"); end >= 0; end = rest_.indexOf("\n")) {
        const line = rest_.slice(0, end);
        rest_ = rest_.slice(end + 1);
        if (line.trim() !== "") yield parseExact(line) as WatchEvent<T>;
      }
    }
  } catch (error) {
    // A stream that is cut by our own deadline only says that it was cut.
    const late = rest.options.timeoutMs > 0 && (error as NodeJS.ErrnoException).code === "ECONNRESET";
    if (!signal?.aborted && !late) throw error;
    if (late && session.flags.int("v") >= 5) {
      const reason = "net/http: request canceled (Client.Timeout or context cancellation while reading body)";
      session.log("streamwatcher.go:123", `"Unable to decode an event from the watch stream" err=${JSON.stringify(reason)}`, "I");
    }
  }
}
