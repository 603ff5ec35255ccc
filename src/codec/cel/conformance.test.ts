/** The language's own conformance suite: every case passes, or belongs to a class that is named here with the reason. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tests as suite } from "@bufbuild/cel-spec/testdata/conformance.js";
import { compile } from "./compile.ts";
import { makeEnvironment } from "./environment.ts";
import { equals } from "./equality.ts";
import { everyFunction } from "./kubernetes.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  formatType,
  intType,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  param,
  stringType,
  type Type,
  timestampType,
  typeOf,
  uintType,
} from "./types.ts";
import { CelMap, double, doubleValue, intOf, isDouble, TypeValue, Uint } from "./value.ts";

/** As the package writes protobuf's JSON form. */
interface Json {
  [key: string]: Json & Json[] & string;
}
interface Case {
  name: string;
  expr: string;
  container?: string;
  disableCheck?: boolean;
  checkOnly?: boolean;
  typeEnv?: Json[];
  bindings?: Record<string, { value: Json }>;
  value?: Json;
  typedResult?: { result?: Json; deducedType?: Json };
  evalError?: unknown;
}
interface Suite {
  name: string;
  suites?: Suite[];
  tests?: { original: Case }[];
}

const found: { path: string; one: Case }[] = [];
const collect = ({ name, suites = [], tests = [] }: Suite, above: string): void => {
  for (const each of suites) collect(each, `${above}/${name}`);
  for (const { original } of tests) found.push({ path: `${above}/${name}`.replace("/conformance/", ""), one: original });
};
collect(suite as unknown as Suite, "");

type Found = (typeof found)[number];
const fits =
  (where: RegExp, names = /^/) =>
  ({ path, one }: Found) =>
    where.test(path) && names.test(one.name);
const mentions =
  (what: RegExp) =>
  ({ one }: Found) =>
    what.test(JSON.stringify([one.expr, one.typeEnv, one.bindings, one.value, one.typedResult]));

/** Why a case says nothing about Kubernetes' CEL, and how many there are of each kind. */
const notApplicable: { reason: string; is(found: Found): boolean; count: number }[] = [
  { reason: "extensions that Kubernetes leaves out", is: fits(/^(math_ext|encoders_ext|bindings_ext|block_ext|proto2_ext)\//), count: 0 },
  {
    reason: "protobuf messages, enums and wrappers: the API server's objects are JSON",
    is: fits(/^(proto2|proto3|enums|wrappers|dynamic)\//),
    count: 0,
  },
  {
    reason: "protobuf messages, enums and wrappers: the API server's objects are JSON",
    is: mentions(
      /TestAllTypes|NestedTestAllTypes|google\.protobuf\.[A-Z]\w*(Value|Struct|Any)|google\.protobuf\.\w+\s*\{|objectValue|enumValue|"messageType"|"wrapper"|GlobalEnum/,
    ),
    count: 0,
  },
  {
    reason:
      "cel-go v0.26, which Kubernetes v1.36 runs, answers otherwise: repeated keys and keys of any number, nothing where a field of no object is asked for, null among optionals",
    is: fits(
      /^(fields|optionals|type_deductions)\//,
      /^(map_value_repeat_key.*|map_key_float|map_null_entry_no_such_key|map_present_key_invalid_field|null_assignable_to_abstract_parameter_candidate)$/,
    ),
    count: 0,
  },
  {
    reason: "Kubernetes keeps version 2 of the string extension: `format` in its first form, and positions beyond the end are not found",
    is: fits(
      /^string_ext\/(format|value_errors)$/,
      /scientific notation|infinity support|NaN support|(list|map) support for string|all key types|NaN\/infinity|dyntype support for (lists|maps)|indexof_out_of_range/,
    ),
    count: 0,
  },
  { reason: "expressions that the checker refuses: Kubernetes runs none that is not checked", is: ({ one }) => isRefused(one), count: 0 },
];

const types: Record<string, Type> = {
  BOOL: boolType,
  INT64: intType,
  UINT64: uintType,
  DOUBLE: doubleType,
  STRING: stringType,
  BYTES: bytesType,
  TIMESTAMP: timestampType,
  DURATION: durationType,
  ANY: dynType,
};

function typeFrom(json: Json): Type {
  if (json.primitive) return types[json.primitive]!;
  if (json.wellKnown) return types[json.wellKnown]!;
  if (json.listType) return listOf(json.listType.elemType ? typeFrom(json.listType.elemType) : dynType);
  if (json.mapType) return mapOf(typeFrom(json.mapType.keyType!), typeFrom(json.mapType.valueType!));
  if (json.typeParam) return param(json.typeParam);
  if (json.abstractType) return optionalOf(typeFrom(json.abstractType.parameterTypes![0]!));
  if ("null" in json) return nullType;
  if ("type" in json) return Object.keys(json.type!).length === 0 ? typeOf(dynType) : typeOf(typeFrom(json.type!));
  return dynType;
}

function valueFrom(json: Json): unknown {
  const [kind, value] = Object.entries(json)[0] as [string, Json & Json[] & string];
  switch (kind) {
    case "int64Value":
      return intOf(BigInt(value));
    case "uint64Value":
      return new Uint(BigInt(value));
    case "doubleValue":
      return double(Number(value));
    case "bytesValue":
      return new Uint8Array(Buffer.from(value, "base64"));
    case "typeValue":
      return new TypeValue(value);
    case "listValue":
      return ((value.values ?? []) as unknown as Json[]).map(valueFrom);
    case "mapValue": {
      const map = new CelMap();
      for (const { key, value: each } of (value.entries ?? []) as unknown as Json[]) map.set(valueFrom(key!), valueFrom(each!));
      return map;
    }
  }
  return value;
}

const same = (a: unknown, b: unknown) =>
  equals(a, b) || (isDouble(a) && isDouble(b) && Number.isNaN(doubleValue(a)) && Number.isNaN(doubleValue(b)));

function compileCase({ expr, container, typeEnv = [] }: Case) {
  const declared = typeEnv.filter(({ ident }) => ident).map(({ name, ident }) => [name, typeFrom(ident!.type!)]);
  const functions = typeEnv
    .filter((each) => each.function)
    .map(({ name, function: declaration }) => ({
      name: String(name),
      overloads: (declaration!.overloads as unknown as Json[]).map((each) => ({
        id: String(each.overloadId),
        args: (each.params ?? []).map(typeFrom),
        result: typeFrom(each.resultType!),
        member: Boolean(each.isInstanceFunction),
        run: () => null,
      })),
    }));
  const environment = makeEnvironment({ variables: Object.fromEntries(declared), functions: [...everyFunction, ...functions], container });
  return compile(expr, environment);
}

const isRefused = (one: Case) => one.disableCheck === true && compileCase(one).issues !== undefined;

/** Undefined: passed. */
function run(wanted: Case): string | undefined {
  const compiled = compileCase(wanted);
  if (compiled.issues !== undefined) return wanted.evalError ? undefined : compiled.issues;
  const { deducedType, result } = wanted.typedResult ?? {};
  const type = formatType(compiled.ok.resultType);
  if (deducedType && type !== formatType(typeFrom(deducedType))) return `is a ${type}, not a ${formatType(typeFrom(deducedType))}`;
  if (wanted.checkOnly) return undefined;
  const bindings = Object.entries(wanted.bindings ?? {});
  const outcome = compiled.ok.evaluate(Object.fromEntries(bindings.map(([name, { value }]) => [name, valueFrom(value)])));
  if (outcome.fault !== undefined) return wanted.evalError ? undefined : outcome.fault;
  if (wanted.evalError) return `is ${JSON.stringify(outcome.value)}, and should fail`;
  const expected = valueFrom((wanted.value ?? result ?? { boolValue: true }) as Json);
  return same(outcome.value, expected) ? undefined : `is ${JSON.stringify(outcome.value)}, not ${JSON.stringify(expected)}`;
}

test("every case of the conformance suite that applies passes", () => {
  const failures: string[] = [];
  let passed = 0;
  for (const each of found) {
    const why = notApplicable.find(({ is }) => is(each));
    if (why) {
      why.count++;
      continue;
    }
    const failure = run(each.one);
    if (failure === undefined) passed++;
    else failures.push(`${each.path}/${each.one.name}: ${each.one.expr}: ${failure}`);
  }
  assert.deepEqual(failures, []);
  assert.equal(found.length, 2344);
  assert.deepEqual(
    { passed, notApplicable: notApplicable.map(({ count }) => count) },
    { passed: 1294, notApplicable: [263, 530, 134, 6, 21, 96] },
  );
});
