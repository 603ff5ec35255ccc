/** How server-side apply sees a kind: from its declaration, or from what the definition of a custom kind says. */
import { LocalObjectReference } from "../core/references.ts";
import { ObjectMeta } from "../meta/object-meta.ts";
import type { Field, Schema, Struct } from "../schema.ts";
import type { Shape, ShapeField } from "./shape.ts";
import { structuralShape } from "./structural-shape.ts";

const leaf: Shape = { kind: "leaf" };
const free: Shape = { kind: "free" };
const nothing = Object.freeze({});

/** Structs that change as a whole, whoever sets a part of them. */
const atomicStructs = new Set(
  [
    "admissionregistration.v1.MatchResources admissionregistration.v1.NamedRuleWithOperations admissionregistration.v1.ParamKind",
    "admissionregistration.v1.ParamRef admissionregistration.v1.Variable autoscaling.v1.CrossVersionObjectReference",
    "core.v1.ConfigMapKeySelector core.v1.EndpointAddress core.v1.EndpointPort core.v1.FileKeySelector core.v1.LocalObjectReference",
    "core.v1.NodeSelector core.v1.NodeSelectorTerm core.v1.ObjectFieldSelector core.v1.ObjectReference core.v1.ResourceFieldSelector",
    "core.v1.ScopeSelector core.v1.SecretKeySelector core.v1.SecretReference core.v1.TopologySelectorTerm",
    "core.v1.TypedLocalObjectReference discovery.v1.EndpointPort networking.v1.ServiceBackendPort rbac.v1.RoleRef rbac.v1.Subject",
  ]
    .join(" ")
    .split(" ")
    .map((name) => `io.k8s.api.${name}`)
    .concat("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"),
);

/** Of a key that an element does not say: what upstream's schema has by default, which for what is always written is its zero. */
function fallbackOf(field: Field | undefined): unknown {
  return field && (field.default ?? zeroOf(field));
}

const structs = new WeakMap<Struct, Shape>();

export function shapeOf(schema: Schema, field?: Partial<Field>): Shape {
  switch (schema.type) {
    case "scalar":
      // Of a whole object in another, upstream follows nothing.
      return schema.kind === "json" || schema.kind === "either" ? free : leaf;
    case "list": {
      if (field?.listType === "set") return { kind: "set" };
      if (field?.listType !== "map" || !field.listMapKeys) return leaf;
      const of = schema.of;
      const keys = field.listMapKeys.toSorted().map((name) => ({
        name,
        fallback: of === LocalObjectReference ? "" : of.type === "struct" ? fallbackOf(of.fields.get(name)) : undefined,
      }));
      return { kind: "keyed", of: shapeOf(of), keys };
    }
    case "map":
      return field?.mapType === "atomic" ? leaf : { kind: "map", of: shapeOf(schema.of) };
    case "struct":
      if (field?.mapType === "atomic" || (atomicStructs.has(schema.name) && field?.mapType !== "granular")) return leaf;
      return structShape(schema);
  }
}

function structShape(schema: Struct): Shape {
  const known = structs.get(schema);
  if (known) return known;
  if (schema.structural) {
    const own = structuralShape(schema.structural, shapeOf(ObjectMeta as Struct));
    structs.set(schema, own);
    return own;
  }
  const fields = new Map<string, ShapeField>();
  const filled: ShapeField[] = [];
  const shape: Shape = { kind: "struct", fields, filled };
  // Known before its fields are, for types that contain themselves.
  structs.set(schema, shape);
  for (const field of schema.fields.values()) {
    const { name, keepsEmpty = false, always = false } = field;
    const own: ShapeField = { name, shape: shapeOf(field.schema, field), zero: zeroOf(field), omitsEmpty: keepsEmpty && !always };
    fields.set(field.name, own);
    if (own.zero !== undefined) filled.push(own);
  }
  return shape;
}

function zeroOf(field: Field): unknown {
  if (field.pointer) return undefined;
  const { schema } = field;
  if (schema.type === "struct") return nothing;
  if (schema.type === "scalar") {
    if (schema.kind === "time" || schema.kind === "microTime") return field.omitZero ? undefined : null;
    if (schema.kind === "intOrString") return 0;
    if (!field.always) return undefined;
    if (schema.kind === "bool") return false;
    if (schema.kind === "string") return "";
    return schema.kind === "int32" || schema.kind === "int64" || schema.kind === "double" ? 0 : null;
  }
  return field.always ? null : undefined;
}
