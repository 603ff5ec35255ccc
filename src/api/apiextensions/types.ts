/** Declarations of ValidationRule, ValidationRules, ConversionRequest, ConversionResponse, ConversionReview, ExternalDocumentation. */

import { Status } from "../meta/status.ts";
import { bool, type Infer, kind, list, raw, ref, string, struct } from "../schema.ts";

export const ValidationRule = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule", {
  rule: string(1, { always: true, required: true }),
  message: string(2),
  messageExpression: string(3),
  reason: string(4, { pointer: true, enum: ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"] }),
  fieldPath: string(5),
  optionalOldSelf: bool(6, { pointer: true }),
});
export interface ValidationRule extends Infer<typeof ValidationRule> {}

export const ValidationRules = struct("k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRules", {});
export interface ValidationRules extends Infer<typeof ValidationRules> {}

export const ConversionRequest = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionRequest", {
  uid: string(1, { always: true, required: true }),
  desiredAPIVersion: string(2, { always: true, required: true }),
  objects: list(raw, 3, { always: true, required: true, listType: "atomic" }),
});
export interface ConversionRequest extends Infer<typeof ConversionRequest> {}

export const ConversionResponse = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionResponse", {
  uid: string(1, { always: true, required: true }),
  convertedObjects: list(raw, 2, { always: true, required: true, listType: "atomic" }),
  result: ref(Status, 3, { always: true, required: true }),
});
export interface ConversionResponse extends Infer<typeof ConversionResponse> {}

export const ConversionReview = kind("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview", {
  request: ref(ConversionRequest, 1, { pointer: true }),
  response: ref(ConversionResponse, 2, { pointer: true }),
});
export interface ConversionReview extends Infer<typeof ConversionReview> {}

export const ExternalDocumentation = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation", {
  description: string(1),
  url: string(2),
});
export interface ExternalDocumentation extends Infer<typeof ExternalDocumentation> {}
