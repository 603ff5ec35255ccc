/** Where a reading stands: handed down with it, so that a path is made only when something is wrong. */

/** A value of a wrong type. The message is upstream's. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/** A field of a struct, as messages name it. */
export interface Place {
  name: string;
  /** The struct whose fields are read, `Volume`. */
  owner: string;
  /** Structs whose fields stand in the owner: `VolumeSource`. */
  embeds: readonly string[];
}

export class Trail {
  /** Fields, keys of maps and indices from the root; those from `depth` on are of earlier readings. */
  readonly steps: (Place | string | number)[] = [];
  depth = 0;
  readonly unknown: string[] = [];
  /** Integers of too many bits lose the upper ones, as in Go's conversions, and are not refused. */
  wraps = false;

  /** `spec.containers[0].image` */
  path(extra?: string): string {
    let path = "";
    for (const step of this.steps.slice(0, this.depth)) {
      if (typeof step === "number") path += `[${step}]`;
      else path += `${path && "."}${typeof step === "string" ? step : step.name}`;
    }
    return extra === undefined ? path : path === "" ? extra : `${path}.${extra}`;
  }
  /** `Volume.spec.volumes.VolumeSource.configMap`: the struct that has the field, then fields and embedded structs alone. */
  field(): string {
    const places = this.steps.slice(0, this.depth).filter((step) => typeof step === "object");
    return [places.at(-1)?.owner ?? "", ...places.flatMap(({ embeds, name }) => [...embeds, name])].join(".");
  }
}
