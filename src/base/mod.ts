export {
  type Address,
  type AddressRange,
  addressAt,
  canonical,
  type Family,
  familyOf,
  formatAddress,
  formatRange,
  holds,
  hostPort,
  otherFamily,
  parseAddress,
  parseRange,
  rangeOf,
} from "./addresses.ts";
export { type BackoffOptions, backoffMs } from "./backoff.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export { atMost, type Clock, every, settle, systemClock, type Timer } from "./clock.ts";
export { AssertionError, assert, isAbort, messageOf, never } from "./errors.ts";
export { type Closer, Lifetime } from "./lifetime.ts";
export { createLog, type Fields, type Log, type LogLevel, silentLog } from "./log.ts";
export { type Passes, passes } from "./passes.ts";
export { nameSuffix, type Random, safeEncode, secretBytes, seededRandom, systemRandom } from "./random.ts";
export { VirtualClock } from "./virtual-clock.ts";
