export { type Compiled, compile, type Outcome, type Program, perCallLimit } from "./compile.ts";
export type { KnownSize, Range } from "./cost/size.ts";
export type { Environment, ObjectType } from "./environment.ts";
export { escapeName, isIdentifier, unescapeName } from "./escape.ts";
export { type EnvironmentOptions, environment } from "./kubernetes.ts";
export {
  type Answer,
  type Ask,
  authorizerType,
  authorizerValue,
  Decider,
  type Question,
  requestResourceValue,
  resourceCheckType,
} from "./libraries/authorizer.ts";
export { jsonPatchFunctions } from "./libraries/json-patch.ts";
export { settle } from "./settle.ts";
export { parseDuration, parseTimestamp } from "./time.ts";
export * from "./types.ts";
export { CelMap, CelObject, double, Fault, isList, List, type ListValue, MapLike, noValue, Optional } from "./value.ts";
