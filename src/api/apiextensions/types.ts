/** Declarations of ValidationRule, ValidationRules, ConversionRequest, ConversionResponse, ConversionReview, ExternalDocumentation. */

import { Status } from "../meta/status.ts";
import { bool, type Infer, kind, list, raw, ref, string, struct } from "../schema.ts";

export const ValidationRule = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule", "A rule in CEL.", {
  rule: string(1, { always: true, required: true, doc: "CEL over self (and oldSelf) that must be true." }),
  message: string(2, { doc: "What the user is told when it is not." }),
  messageExpression: string(3, { doc: "CEL that makes the message." }),
  reason: string(4, {
    goType: "v1.FieldValueErrorReason",
    pointer: true,
    enum: ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
    doc: "FieldValueInvalid (the default), FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.",
  }),
  fieldPath: string(5, { doc: "The field that is blamed, relative to where the rule stands." }),
  optionalOldSelf: bool(6, { pointer: true, doc: "Whether a rule with oldSelf is asked at creation too." }),
});
export interface ValidationRule extends Infer<typeof ValidationRule> {}

export const ValidationRules = struct("k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRules", "Rules in CEL.", {});
export interface ValidationRules extends Infer<typeof ValidationRules> {}

export const ConversionRequest = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionRequest",
  "Asks a webhook to convert objects.",
  {
    uid: string(1, { goType: "types.UID", always: true, required: true, doc: "The id of this question." }),
    desiredAPIVersion: string(2, { always: true, required: true, doc: "The version that is wanted." }),
    objects: list(raw, 3, { always: true, required: true, listType: "atomic", doc: "The objects." }),
  },
);
export interface ConversionRequest extends Infer<typeof ConversionRequest> {}

export const ConversionResponse = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionResponse",
  "A webhook's answer.",
  {
    uid: string(1, { goType: "types.UID", always: true, required: true, doc: "The id of the question." }),
    convertedObjects: list(raw, 2, { always: true, required: true, listType: "atomic", doc: "The objects, in the same order." }),
    result: ref(Status, 3, { always: true, required: true, doc: "Whether it succeeded." }),
  },
);
export interface ConversionResponse extends Infer<typeof ConversionResponse> {}

export const ConversionReview = kind(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview",
  "A conversion: question and answer.",
  {
    request: ref(ConversionRequest, 1, { pointer: true, doc: "The question." }),
    response: ref(ConversionResponse, 2, { pointer: true, doc: "The answer." }),
  },
);
export interface ConversionReview extends Infer<typeof ConversionReview> {}

export const ExternalDocumentation = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation",
  "A reference to a document.",
  {
    description: string(1, { doc: "What it is about." }),
    url: string(2, { doc: "Its address." }),
  },
);
export interface ExternalDocumentation extends Infer<typeof ExternalDocumentation> {}
