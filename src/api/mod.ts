export { type Approval, approvalOf } from "./apiextensions/approval.ts";
export { isCaBundle } from "./apiextensions/webhook-client.ts";
export { TypedError } from "./apply/merge.ts";
export { mergeMutation } from "./apply/mutation.ts";
export { ApplyError, applyServerSide, conversionRefusal, type ServerSideApply } from "./apply/server-side.ts";
export { managerName, type TrackUpdate, trackUpdate } from "./apply/track-update.ts";
export {
  type Catalog,
  kindId,
  type OpenCatalog,
  openCatalog,
  type PatchType,
  type Remote,
  type Served,
  served,
  staticCatalog,
} from "./catalog.ts";
export {
  admissionEnvironment,
  annotation,
  compileExpression,
  condition,
  type Expression,
  message,
  variableType,
} from "./checks/admission/expressions.ts";
export { jsonOf, misplaced, PatchObject, PatchOperation, patchTypes } from "./checks/admission/patches.ts";
export { validateAnnotations, validateFieldManager, validateLabels } from "./checks/object-meta.ts";
export { bodyOf, type FieldError, Problems, statusOfInvalid } from "./checks/problems.ts";
export { isExtended as isExtendedResource } from "./checks/resources.ts";
export { validateCreate, validateUpdate } from "./checks/validate.ts";
export { type ConfigKind, readConfig, readText, throwAll } from "./config-file.ts";
export { copyJson } from "./copy-json.ts";
export { qosClassOf } from "./core/pod-rules.ts";
export { checkClusterIps } from "./core/service-addresses.ts";
export * from "./declarations.ts";
export { type Decoded, DecodeError, type DecodeOptions, decode } from "./decode.ts";
export { applyDefaults } from "./defaults.ts";
export { dropEmpties } from "./empties.ts";
export { builtInKinds } from "./kinds.ts";
export { type OpenApi, openapi } from "./openapi/openapi.ts";
export { openapiProtobuf } from "./openapi/protobuf.ts";
export { patchLookup } from "./patch-lookup.ts";
export { decodeProtobuf, encodeProtobuf, ProtobufError } from "./protobuf.ts";
export { compileSelector, selectorCostLimit } from "./resource/device-selectors.ts";
export { type Column, type KubeObject, type PathParts, type Resource, resource, resourcePath, type Subresource } from "./resource.ts";
export { type AnyObject, type Rules, rules, type StoredAs, type WriteMoment } from "./rules.ts";
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
export { customKinds, leaving } from "./structural/custom-kind.ts";
export { tableRow } from "./tables/row.ts";
export { newestFirst } from "./versions.ts";
export { warningsOf } from "./warnings.ts";
export type { Writes } from "./writes.ts";
export { flagz, statusz } from "./zpages.ts";
