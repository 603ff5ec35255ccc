/** A follower's callbacks as an iterable: what the consumer has not read yet is merged, and bounded. */
import { type Batch, type Follower, type Revision, StoreError, type StoreEvent } from "./contract.ts";

/** A consumer that is this many changes, or bytes, behind is cut. */
const waitingLimit = 100_000;
const waitingBytesLimit = 64 * 1024 * 1024;

export async function* batches(follow: (follower: Follower) => () => void, signal: AbortSignal): AsyncGenerator<Batch> {
  if (signal.aborted) return;
  let events: StoreEvent[] = [];
  let bytes = 0;
  let seen: Revision | undefined;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const stop = follow({
    events(more, upTo) {
      if (failure) return;
      for (const event of more) {
        events.push(event);
        bytes += event.value.length;
      }
      seen = upTo;
      if (events.length > waitingLimit || bytes > waitingBytesLimit) {
        events = [];
        failure = new StoreError("the watch could not keep up with the changes");
      }
      wake?.();
    },
    failed(error) {
      failure ??= error;
      wake?.();
    },
  });
  const onAbort = () => wake?.();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (signal.aborted) return;
      if (seen !== undefined && !failure) {
        const batch = { events, seen };
        events = [];
        bytes = 0;
        seen = undefined;
        yield batch;
      } else if (failure) throw failure;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stop();
  }
}
