/** Annotations that say where a resource came from and what changed it, for those who ask by `buildMetadata`. */
import type { KObject } from "../print/values.ts";
import type { Origin, Resource } from "./resources.ts";

export function withOrigins(resource: Resource, metadata: readonly string[]): KObject {
  const { object, origin, transformations } = resource;
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  if (metadata.includes("originAnnotations") && origin)
    annotations["config.kubernetes.io/origin"] = lines(origin)
      .map((line) => `${line}\n`)
      .join("");
  if (metadata.includes("transformerAnnotations") && transformations.length > 0)
    annotations["alpha.config.kubernetes.io/transformations"] = transformations
      .map((each) =>
        lines(each)
          .map((line, index) => `${index === 0 ? "- " : "  "}${line}\n`)
          .join(""),
      )
      .join("");
  if (Object.keys(annotations).length > 0) object.metadata.annotations = annotations;
  return object;
}

function lines({ path, configuredIn, configuredBy }: Origin): string[] {
  return [
    ...(path ? [`path: ${path}`] : []),
    ...(configuredIn ? [`configuredIn: ${configuredIn}`] : []),
    ...(configuredBy ? ["configuredBy:", ...Object.entries(configuredBy).map(([key, value]) => `  ${key}: ${value}`)] : []),
  ];
}
