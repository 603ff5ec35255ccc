/**
 * OpenAPI documents in gnostic's protobuf form, which client-go reads. A message is a table from JSON's key to the field's number
 * and form; what is not in the table is an extension (`x-…`), or not written.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Json } from "./definitions.ts";

type Form =
  | "text"
  | "flag"
  | "double"
  | "int64"
  /** Any value: a message whose second field is its YAML, and JSON is YAML. */
  | "any"
  | "default"
  | { message: string }
  /** A message that holds the value in a field of its own, chosen by the value. */
  | { oneOf(value: Json): [number, string] }
  /** A message with the members of an object as pairs of name and value, under this number. */
  | { members: Form; under: number }
  /** A message with the items of a list under this number. */
  | { wrapped: Form; under: number; one?: boolean };

interface Rule {
  number: number;
  form: Form;
  list?: boolean;
}

interface Message {
  fields: Record<string, Rule>;
  extensions?: number;
  /** Members that begin with a slash: paths. */
  members?: Rule;
}

const text = (number: number): Rule => ({ number, form: "text" });
const texts = (number: number): Rule => ({ number, form: "text", list: true });
const flag = (number: number): Rule => ({ number, form: "flag" });
const of = (number: number, message: string): Rule => ({ number, form: { message } });

const schema2: Form = { message: "v2.Schema" };
const reference3 = (message: string): Form => ({ oneOf: (value) => (typeof value.$ref === "string" ? [2, "v3.Reference"] : [1, message]) });
const schema3 = reference3("v3.Schema");
const media: Rule["form"] = { members: { message: "v3.MediaType" }, under: 1 };

const bounds = (first: number): Record<string, Rule> => {
  const rules: Record<string, Rule> = {};
  const forms: [string, Form][] = [
    ...([
      ["multipleOf", "double"],
      ["maximum", "double"],
      ["exclusiveMaximum", "flag"],
      ["minimum", "double"],
    ] as [string, Form][]),
    ...([
      ["exclusiveMinimum", "flag"],
      ["maxLength", "int64"],
      ["minLength", "int64"],
      ["pattern", "text"],
    ] as [string, Form][]),
    ...([
      ["maxItems", "int64"],
      ["minItems", "int64"],
      ["uniqueItems", "flag"],
      ["maxProperties", "int64"],
    ] as [string, Form][]),
    ["minProperties", "int64"],
  ];
  forms.forEach(([name, form], i) => {
    rules[name] = { number: first + i, form };
  });
  return rules;
};

/** Query and path parameters differ by one field in the middle. */
const parameter2 = (shift: number): Message => ({
  fields: {
    ...{ required: flag(1), in: text(2), description: text(3), name: text(4) },
    ...{ type: text(5 + shift), format: text(6 + shift), pattern: text(16 + shift), uniqueItems: flag(19 + shift) },
  },
  extensions: 22 + shift,
});

const operationMethods = (first: number, message: string): Record<string, Rule> =>
  Object.fromEntries(["get", "put", "post", "delete", "options", "head", "patch"].map((method, i) => [method, of(first + i, message)]));

const messages: Record<string, Message> = {
  "v2.Document": {
    fields: {
      ...{ swagger: text(1), info: of(2, "v2.Info"), paths: of(8, "v2.Paths") },
      definitions: { number: 9, form: { members: schema2, under: 1 } },
      security: { number: 12, form: { members: { wrapped: "text", under: 1 }, under: 1 }, list: true },
      securityDefinitions: { number: 13, form: { members: { oneOf: () => [2, "v2.ApiKey"] }, under: 1 } },
    },
    extensions: 16,
  },
  "v2.Info": { fields: { title: text(1), version: text(2), description: text(3) } },
  "v2.ApiKey": { fields: { type: text(1), name: text(2), in: text(3), description: text(4) } },
  "v2.Paths": { fields: {}, extensions: 1, members: of(2, "v2.PathItem") },
  "v2.PathItem": {
    fields: { ...operationMethods(2, "v2.Operation"), parameters: { number: 9, form: { oneOf: () => [1, "v2.Parameter"] }, list: true } },
    extensions: 10,
  },
  "v2.Parameter": { fields: {} },
  "v2.Operation": {
    fields: {
      ...{ tags: texts(1), summary: text(2), description: text(3), operationId: text(5), produces: texts(6), consumes: texts(7) },
      parameters: { number: 8, form: { oneOf: () => [1, "v2.Parameter"] }, list: true },
      responses: { number: 9, form: { members: { oneOf: () => [1, "v2.Response"] }, under: 1 } },
      ...{ schemes: texts(10), deprecated: flag(11) },
    },
    extensions: 13,
  },
  "v2.Body": { fields: { description: text(1), name: text(2), in: text(3), required: flag(4), schema: of(5, "v2.Schema") }, extensions: 6 },
  "v2.Query": parameter2(1),
  "v2.Path": parameter2(0),
  "v2.Response": { fields: { description: text(1), schema: { number: 2, form: { oneOf: () => [1, "v2.Schema"] } } }, extensions: 5 },
  "v2.Schema": {
    fields: {
      ...{ $ref: text(1), format: text(2), title: text(3), description: text(4), default: { number: 5, form: "any" } },
      ...{ ...bounds(6), required: texts(19), enum: { number: 20, form: "any", list: true } },
      additionalProperties: { number: 21, form: { wrapped: schema2, under: 1, one: true } },
      type: { number: 22, form: { wrapped: "text", under: 1, one: true } },
      items: { number: 23, form: { wrapped: schema2, under: 1, one: true } },
      allOf: { number: 24, form: schema2, list: true },
      properties: { number: 25, form: { members: schema2, under: 1 } },
      example: { number: 30, form: "any" },
    },
    extensions: 31,
  },
  "v3.Document": {
    fields: { openapi: text(1), info: of(2, "v3.Info"), paths: of(4, "v3.Paths"), components: of(5, "v3.Components") },
    extensions: 9,
  },
  "v3.Info": { fields: { title: text(1), description: text(2), version: text(6) } },
  "v3.Paths": { fields: {}, extensions: 2, members: of(1, "v3.PathItem") },
  "v3.PathItem": {
    fields: { ...operationMethods(4, "v3.Operation"), parameters: { number: 13, form: reference3("v3.Parameter"), list: true } },
    extensions: 14,
  },
  "v3.Operation": {
    fields: {
      ...{ tags: texts(1), summary: text(2), description: text(3), operationId: text(5) },
      parameters: { number: 6, form: reference3("v3.Parameter"), list: true },
      requestBody: { number: 7, form: reference3("v3.RequestBody") },
      responses: { number: 8, form: { members: reference3("v3.Response"), under: 2 } },
      deprecated: flag(10),
    },
    extensions: 13,
  },
  "v3.Parameter": {
    fields: { name: text(1), in: text(2), description: text(3), required: flag(4), schema: { number: 10, form: schema3 } },
    extensions: 14,
  },
  "v3.RequestBody": { fields: { description: text(1), content: { number: 2, form: media }, required: flag(3) }, extensions: 4 },
  "v3.Response": { fields: { description: text(1), content: { number: 3, form: media } }, extensions: 5 },
  "v3.MediaType": { fields: { schema: { number: 1, form: schema3 } }, extensions: 5 },
  "v3.Reference": { fields: { $ref: text(1) } },
  "v3.Components": {
    fields: {
      schemas: { number: 1, form: { members: schema3, under: 1 } },
      securitySchemes: { number: 7, form: { members: reference3("v3.SecurityScheme"), under: 1 } },
    },
    extensions: 10,
  },
  "v3.SecurityScheme": { fields: { type: text(1), description: text(2), name: text(3), in: text(4) }, extensions: 9 },
  "v3.Schema": {
    fields: {
      ...{
        nullable: flag(1),
        title: text(9),
        ...bounds(10),
        required: texts(23),
        enum: { number: 24, form: "any", list: true },
        type: text(25),
      },
      ...{ allOf: { number: 26, form: schema3, list: true }, oneOf: { number: 27, form: schema3, list: true } },
      ...{ anyOf: { number: 28, form: schema3, list: true }, not: of(29, "v3.Schema") },
      items: { number: 30, form: { wrapped: schema3, under: 1, one: true } },
      properties: { number: 31, form: { members: schema3, under: 1 } },
      additionalProperties: { number: 32, form: { wrapped: schema3, under: 1, one: true } },
      ...{ default: { number: 33, form: "default" }, description: text(34), format: text(35) },
    },
    extensions: 36,
  },
};

export function openapiProtobuf(document: Json): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, document.swagger ? "v2.Document" : "v3.Document", document);
  return writer.finish();
}

function write(writer: BinaryWriter, name: string, value: Json): void {
  if (name === "v2.Parameter") return writeParameter2(writer, value);
  const { fields, extensions, members } = messages[name]!;
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue;
    const rule = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (rule) for (const each of rule.list ? (one as unknown[]) : [one]) field(writer, rule.number, rule.form, each);
    else if (members && key.startsWith("/")) pair(writer, members.number, key, members.form, one);
    else if (extensions && key.startsWith("x-")) pair(writer, extensions, key, "any", one);
  }
}

/** Three messages around one value: a body, or a query's or path's among those that are none. */
function writeParameter2(writer: BinaryWriter, value: Json): void {
  if (value.in === "body") return field(writer, 1, { message: "v2.Body" }, value);
  nested(writer, 2, () => field(writer, value.in === "path" ? 4 : 3, { message: value.in === "path" ? "v2.Path" : "v2.Query" }, value));
}

function nested(writer: BinaryWriter, number: number, inside: () => void): void {
  writer.tag(number, WireType.LengthDelimited).fork();
  inside();
  writer.join();
}

function pair(writer: BinaryWriter, number: number, name: string, form: Form, value: unknown): void {
  nested(writer, number, () => {
    writer.tag(1, WireType.LengthDelimited).string(name);
    field(writer, 2, form, value);
  });
}

function field(writer: BinaryWriter, number: number, form: Form, value: unknown): void {
  if (typeof form === "object") return nested(writer, number, () => inside(writer, form, value));
  switch (form) {
    case "text":
      writer.tag(number, WireType.LengthDelimited).string(String(value));
      return;
    case "flag":
      if (value) writer.tag(number, WireType.Varint).bool(true);
      return;
    case "int64":
      writer.tag(number, WireType.Varint).int64(BigInt(value as number));
      return;
    case "double":
      writer.tag(number, WireType.Bit64).double(value as number);
      return;
    case "any":
      return nested(writer, number, () => writer.tag(2, WireType.LengthDelimited).string(yamlOf(value)));
    case "default":
      // Objects and lists have no place in it.
      if (typeof value !== "object") nested(writer, number, () => defaultOf(writer, value));
  }
}

/** A string as itself, as upstream writes it, where YAML would read a string. */
const yamlOf = (value: unknown) =>
  typeof value === "string" && /^[A-Za-z][\w-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? `${value}\n`
    : JSON.stringify(value);

function defaultOf(writer: BinaryWriter, value: unknown): void {
  if (typeof value === "number") writer.tag(1, WireType.Bit64).double(value);
  else if (typeof value === "boolean") writer.tag(2, WireType.Varint).bool(value);
  else writer.tag(3, WireType.LengthDelimited).string(String(value));
}

function inside(writer: BinaryWriter, form: Exclude<Form, string>, value: unknown): void {
  if ("message" in form) return write(writer, form.message, value as Json);
  if ("oneOf" in form) {
    const [number, message] = form.oneOf(value as Json);
    return field(writer, number, { message }, value);
  }
  if ("members" in form) {
    for (const [name, each] of Object.entries(value as Json)) pair(writer, form.under, name, form.members, each);
    return;
  }
  // `additionalProperties: true` is the second of its two.
  if (typeof value === "boolean") writer.tag(2, WireType.Varint).bool(value);
  else for (const each of form.one ? [value] : (value as unknown[])) field(writer, form.under, form.wrapped, each);
}
