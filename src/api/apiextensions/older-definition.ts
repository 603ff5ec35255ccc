/**
 * A CustomResourceDefinition as v1beta1 has it, in the form of v1: upstream's server still stores the older one, where what all
 * versions have alike stands once.
 */
import type { AnyObject } from "../rules.ts";

/** Of the definition, and of each version in v1. */
const movesAs = { subresources: "subresources", validation: "schema", selectableFields: "selectableFields" } as const;

export function fromOlderDefinition(stored: AnyObject): AnyObject {
  const { version, preserveUnknownFields, additionalPrinterColumns, conversion, versions, ...spec } = stored.spec ?? {};
  const shared: AnyObject = {};
  for (const [from, to] of Object.entries(movesAs)) {
    if (spec[from] !== undefined) shared[to] = spec[from];
    delete spec[from];
  }
  const named = versions ?? (version ? [{ name: version, served: true, storage: true }] : []);
  return {
    ...stored,
    spec: {
      ...spec,
      ...(preserveUnknownFields ? { preserveUnknownFields } : {}),
      ...(conversion ? { conversion: newConversion(conversion) } : {}),
      versions: named.map((each: AnyObject) => {
        const columns = additionalPrinterColumns ?? each.additionalPrinterColumns;
        return { ...each, ...structuredClone(shared), ...(columns ? { additionalPrinterColumns: columns.map(newColumn) } : {}) };
      }),
    },
  };
}

function newColumn({ JSONPath: jsonPath, ...column }: AnyObject): AnyObject {
  return { ...column, jsonPath };
}

function newConversion({ strategy, webhookClientConfig: clientConfig, conversionReviewVersions }: AnyObject): AnyObject {
  if (!clientConfig && !conversionReviewVersions) return { strategy };
  return { strategy, webhook: { ...(clientConfig ? { clientConfig } : {}), conversionReviewVersions } };
}
