export { allResources } from "./all-resources.ts";
export { ApplyError, applyServerSide, type ServerSideApply } from "./apply/server-side.ts";
export { managerName, type TrackUpdate, trackUpdate } from "./apply/track-update.ts";
export * from "./declarations.ts";
export { type Decoded, DecodeError, decode } from "./decode.ts";
export { applyDefaults, defaultPodSpec } from "./defaults/mod.ts";
export { findKind, findResource } from "./find.ts";
export { openapiV2, openapiV3, openapiV3Paths } from "./openapi.ts";
export { decodeProtobuf, encodeProtobuf, ProtobufError } from "./protobuf.ts";
export { type Column, type KubeObject, type PathParts, type Resource, resource, resourcePath, type Subresource } from "./resource.ts";
export * as schema from "./schema.ts";
export {
  type Embed,
  type Field,
  type FieldRules,
  type Infer,
  isEmbed,
  type ListOf,
  type MapOf,
  type Scalar,
  type ScalarKind,
  type Schema,
  type Struct,
} from "./schema.ts";
export { semanticEqual } from "./semantic-equal.ts";
export { createThreeWayMergePatch, createTwoWayMergePatch } from "./strategic-diff.ts";
export { strategicMerge } from "./strategic-merge.ts";
export { qosClassOf } from "./strategy/pod.ts";
export { strategyOf } from "./strategy/strategies.ts";
export { type AnyObject, resetMetaForStatus, type Strategy, type WriteContext } from "./strategy/strategy.ts";
export { tableRow } from "./tables/cells.ts";
export { validateFieldManager } from "./validation/object-meta.ts";
export { bodyOf, type FieldError, Problems, statusOfInvalid } from "./validation/problems.ts";
export { type ValidationContext, validateCreate, validateStatusUpdate, validateUpdate } from "./validation/validate.ts";
