/** Whether one type can stand where another is asked for, with type parameters bound on the way: cel-go's rules. */
import { dynType, isDyn, isDynOrError, sameType, type Type } from "../types.ts";

/** What parameters stand for. An attempt that fails leaves no trace. */
export class Bindings {
  readonly #bound = new Map<string, Type>();
  /** What to put back when an attempt fails. */
  #journal: { name: string; before: Type | undefined }[] = [];

  find(type: Type): Type | undefined {
    return type.kind === "param" ? this.#bound.get(type.name) : undefined;
  }

  isAssignable(a: Type, b: Type): boolean {
    return this.#attempt(() => assignable(this, a, b));
  }

  areAssignable(as: readonly Type[], bs: readonly Type[]): boolean {
    return this.#attempt(() => allAssignable(this, as, bs));
  }

  bind(param: Type, to: Type): void {
    this.#journal.push({ name: param.name, before: this.#bound.get(param.name) });
    this.#bound.set(param.name, to);
  }

  #attempt(run: () => boolean): boolean {
    this.#journal = [];
    if (run()) return true;
    for (const { name, before } of this.#journal.toReversed()) {
      if (before) this.#bound.set(name, before);
      else this.#bound.delete(name);
    }
    return false;
  }

  /** The type with what its parameters stand for; those that stand for nothing become dyn when asked. */
  substitute(type: Type, toDyn: boolean): Type {
    const bound = this.find(type);
    if (bound) return this.substitute(bound, toDyn);
    if (type.kind === "param") return toDyn ? dynType : type;
    if (type.params.length === 0) return type;
    const params = type.params.map((each) => this.substitute(each, toDyn));
    return params.every((each, i) => each === type.params[i]) ? type : { ...type, params };
  }
}

function assignable(bindings: Bindings, a: Type, b: Type): boolean {
  if (b.kind === "param") {
    const { valid, bound } = canStandFor(bindings, a, b);
    if (valid) return true;
    if (bound) return false;
  }
  if (a.kind === "param") return canStandFor(bindings, b, a).valid;
  if (isDynOrError(a) || isDynOrError(b)) return true;
  if (a.kind === "null") return isNullable(b);
  if (b.kind === "null") return isNullable(a);
  switch (a.kind) {
    case "type":
      return b.kind === "type";
    case "opaque":
    case "list":
    case "map":
      return a.kind === b.kind && a.name === b.name && allAssignable(bindings, a.params, b.params);
    default:
      return a.kind === b.kind && a.name === b.name;
  }
}

const isNullable = ({ kind }: Type) => ["null", "opaque", "struct", "duration", "timestamp"].includes(kind);

function allAssignable(bindings: Bindings, as: readonly Type[], bs: readonly Type[]): boolean {
  return as.length === bs.length && as.every((a, i) => assignable(bindings, a, bs[i]!));
}

/** Whether the parameter may mean `type`; binds it when it meant nothing, or something narrower. */
function canStandFor(bindings: Bindings, type: Type, parameter: Type): { valid: boolean; bound: boolean } {
  if (sameType(type, parameter)) return { valid: true, bound: true };
  const meant = bindings.find(parameter);
  if (meant) {
    if (sameType(type, meant)) return { valid: true, bound: true };
    if (!assignable(bindings, type, meant)) return { valid: false, bound: true };
    const wider = mostGeneral(type, meant);
    if (!occursIn(bindings, parameter, wider)) bindings.bind(parameter, wider);
    return { valid: true, bound: true };
  }
  if (occursIn(bindings, parameter, type)) return { valid: false, bound: false };
  bindings.bind(parameter, type);
  return { valid: true, bound: false };
}

export const mostGeneral = (a: Type, b: Type): Type => (isAsGeneral(a, b) ? a : b);

function isAsGeneral(a: Type, b: Type): boolean {
  if (isDyn(a) || a.kind === "param") return true;
  if (isDyn(b) || b.kind === "param" || a.kind !== b.kind) return false;
  if (a.kind === "type") return true;
  if (a.kind !== "opaque" && a.kind !== "list" && a.kind !== "map") return sameType(a, b);
  return a.name === b.name && a.params.length === b.params.length && a.params.every((each, i) => isAsGeneral(each, b.params[i]!));
}

function occursIn(bindings: Bindings, parameter: Type, type: Type): boolean {
  if (sameType(parameter, type)) return true;
  if (type.kind === "param") {
    const meant = bindings.find(type);
    return meant !== undefined && occursIn(bindings, parameter, meant);
  }
  return type.params.some((each) => occursIn(bindings, parameter, each));
}
