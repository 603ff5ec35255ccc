/** The names that an expression may use: variables and types of the environment, loops' own, and functions by what they are called. */
import type { FunctionDeclaration } from "../declare.ts";
import type { Type } from "../types.ts";

export interface Found {
  name: string;
  type: Type;
}

export interface Names {
  /** Where names without a dot in front are looked for first, as `google.protobuf`. */
  container: string;
  variable(name: string): Type | undefined;
  /** The type that a name is, as `int`. */
  typeNamed(name: string): Type | undefined;
  function(name: string): FunctionDeclaration | undefined;
}

/** Names from the innermost loop outwards, then the environment's. */
export class Scope {
  readonly #names: Names;
  readonly #loops: Map<string, Type>[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  get container(): string {
    return this.#names.container;
  }

  enter(variables: Record<string, Type>): void {
    this.#loops.push(new Map(Object.entries(variables)));
  }

  leave(): void {
    this.#loops.pop();
  }

  ident(name: string): Found | undefined {
    for (let i = this.#loops.length - 1; i >= 0; i--) {
      const type = this.#loops[i]!.get(name);
      if (type) return { name, type };
    }
    for (const candidate of this.#candidates(name)) {
      const type = this.#names.variable(candidate) ?? this.#typeValue(candidate);
      if (type) return { name: candidate, type };
    }
    return undefined;
  }

  #typeValue(name: string): Type | undefined {
    const type = this.#names.typeNamed(name);
    return type && { kind: "type", name: "type", params: [type] };
  }

  function(name: string): FunctionDeclaration | undefined {
    for (const candidate of this.#candidates(name)) {
      const found = this.#names.function(candidate);
      if (found) return found;
    }
    return undefined;
  }

  #candidates(name: string): string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    const parts = this.container === "" ? [] : this.container.split(".");
    return Array.from({ length: parts.length + 1 }, (_, i) => [...parts.slice(0, parts.length - i), name].join("."));
  }
}
