/** The schema of a custom kind, as its definition writes it: JSON Schema in the form that OpenAPI gives it. */
import {
  bool,
  double,
  type Either,
  either,
  type Infer,
  int64,
  json,
  later,
  laterList,
  laterMap,
  list,
  map,
  ref,
  type Struct,
  string,
  struct,
} from "../schema.ts";
import { ExternalDocumentation, ValidationRule } from "./types.ts";

const v1 = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

export interface JSONSchemaProps {
  $schema?: string;
  $ref?: string;
  id?: string;
  description?: string;
  type?: string;
  format?: string;
  title?: string;
  default?: unknown;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  multipleOf?: number;
  enum?: unknown[];
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  items?: JSONSchemaProps | JSONSchemaProps[];
  allOf?: JSONSchemaProps[];
  oneOf?: JSONSchemaProps[];
  anyOf?: JSONSchemaProps[];
  not?: JSONSchemaProps;
  properties?: Record<string, JSONSchemaProps>;
  additionalProperties?: JSONSchemaProps | boolean;
  patternProperties?: Record<string, JSONSchemaProps>;
  dependencies?: Record<string, JSONSchemaProps | string[]>;
  additionalItems?: JSONSchemaProps | boolean;
  definitions?: Record<string, JSONSchemaProps>;
  externalDocs?: ExternalDocumentation;
  example?: unknown;
  nullable?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-validations"?: Infer<typeof ValidationRule>[];
}

const self = (): Struct<JSONSchemaProps> => JSONSchemaProps;
const orArray: Either = { name: `${v1}.JSONSchemaPropsOrArray`, struct: self, or: "list" };
const orBool: Either = { name: `${v1}.JSONSchemaPropsOrBool`, struct: self, or: "bool" };
const orStrings: Either = { name: `${v1}.JSONSchemaPropsOrStringArray`, struct: self, or: "strings" };
const dependency = () => either<JSONSchemaProps | string[]>(orStrings, 0);
const value = (tag: number) => json(tag);

export const JSONSchemaProps: Struct<JSONSchemaProps> = struct(`${v1}.JSONSchemaProps`, "A JSON schema, of OpenAPI's kind.", {
  id: string(1, { doc: "Not supported." }),
  $schema: string(2, { doc: "Not supported." }),
  $ref: string(3, { pointer: true, doc: "Not supported." }),
  description: string(4, { doc: "What the value is for; kubectl explain shows it." }),
  type: string(5, { doc: "array, boolean, integer, number, object or string." }),
  format: string(6, { doc: "The form of a text or the size of a number, such as date-time, ipv4, int32; unknown formats are ignored." }),
  title: string(7, { doc: "A name for people." }),
  default: json(8, { pointer: true, doc: "The value that is taken when there is none." }),
  maximum: double(9, { pointer: true, doc: "The greatest number." }),
  exclusiveMaximum: bool(10, { doc: "Whether the maximum itself is too much." }),
  minimum: double(11, { pointer: true, doc: "The least number." }),
  exclusiveMinimum: bool(12, { doc: "Whether the minimum itself is too little." }),
  maxLength: int64(13, { pointer: true, doc: "The most characters of a text." }),
  minLength: int64(14, { pointer: true, doc: "The fewest characters of a text." }),
  pattern: string(15, { doc: "A regular expression that a text must match somewhere." }),
  maxItems: int64(16, { pointer: true, doc: "The most elements of a list." }),
  minItems: int64(17, { pointer: true, doc: "The fewest elements of a list." }),
  uniqueItems: bool(18, { doc: "Not supported; see x-kubernetes-list-type." }),
  multipleOf: double(19, { pointer: true, doc: "A number must be a multiple of it." }),
  enum: list(value, 20, { listType: "atomic", goType: "v1.JSON", doc: "The values that are allowed." }),
  maxProperties: int64(21, { pointer: true, doc: "The most members of an object." }),
  minProperties: int64(22, { pointer: true, doc: "The fewest members of an object." }),
  required: list(string, 23, { listType: "atomic", doc: "Members that an object must have." }),
  items: either<JSONSchemaProps | JSONSchemaProps[]>(orArray, 24, { pointer: true, doc: "What the elements of a list look like." }),
  allOf: laterList(self, 25, { listType: "atomic", doc: "Schemas that all must fit." }),
  oneOf: laterList(self, 26, { listType: "atomic", doc: "Schemas of which exactly one must fit." }),
  anyOf: laterList(self, 27, { listType: "atomic", doc: "Schemas of which at least one must fit." }),
  not: later(self, 28, { pointer: true, doc: "A schema that must not fit." }),
  properties: laterMap(self, 29, { doc: "What the members of an object look like, by name." }),
  additionalProperties: either<JSONSchemaProps | boolean>(orBool, 30, {
    pointer: true,
    doc: "What all other members look like: for objects whose members have free names.",
  }),
  patternProperties: laterMap(self, 31, { doc: "Not supported." }),
  dependencies: map(dependency, 32, { doc: "Not supported." }),
  additionalItems: either<JSONSchemaProps | boolean>(orBool, 33, { pointer: true, doc: "Not supported." }),
  definitions: laterMap(self, 34, { doc: "Not supported." }),
  externalDocs: ref(ExternalDocumentation, 35, { pointer: true, doc: "Where more is written." }),
  example: json(36, { pointer: true, doc: "A value that fits." }),
  nullable: bool(37, { doc: "Whether null is a value; otherwise it stands for absence." }),
  "x-kubernetes-preserve-unknown-fields": bool(38, {
    pointer: true,
    doc: "Whether members that are not declared are kept; true or left out.",
  }),
  "x-kubernetes-embedded-resource": bool(39, { doc: "Whether the object has apiVersion, kind and metadata of its own." }),
  "x-kubernetes-int-or-string": bool(40, { doc: "Whether the value is a whole number or a text." }),
  "x-kubernetes-list-map-keys": list(string, 41, {
    listType: "atomic",
    doc: "The members that tell the elements of a list of type map apart.",
  }),
  "x-kubernetes-list-type": string(42, {
    pointer: true,
    doc: "atomic (the default), set, or map: how a list is merged, and what must be unique in it.",
  }),
  "x-kubernetes-map-type": string(43, {
    pointer: true,
    doc: "granular (the default) or atomic: whether an object is merged by member or replaced.",
  }),
  "x-kubernetes-validations": list(ValidationRule, 44, {
    listType: "map",
    listMapKeys: ["rule"],
    patchStrategy: "merge",
    patchMergeKey: "rule",
    doc: "Rules in CEL.",
  }),
}) as Struct<JSONSchemaProps>;
