export { parseExact } from "./exact-integers.ts";
export { formatGoDuration, parseGoDuration } from "./go-duration.ts";
export { type FlagTable, type FlagType, type FlagValues, type FlagWord, flagLines, flagWords, readFlagTable } from "./go-flags.ts";
export { goJson } from "./go-json.ts";
export {
  type GoTemplateOptions,
  goPrint,
} from "./go-template.ts";
export { JsonError, type ParseJsonOptions, parseJson, setKey } from "./json.ts";
export { applyJsonPatch, PatchError, type PatchFault } from "./json-patch.ts";
export {
  type JsonPath,
  JsonPathError,
  type JsonPathOptions,
  jsonPath,
} from "./json-path.ts";
export { lineDifference } from "./line-difference.ts";
export { applyMergePatch, createThreeWayJsonMergePatch } from "./merge-patch.ts";
export * from "./names.ts";
export {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityToNumber,
  quantityValue,
  subtractQuantity,
} from "./quantity.ts";
export { sameJson } from "./same-json.ts";
export {
  type FieldRequirement,
  formatSelector,
  type LabelSelector,
  labelSelectorFrom,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  type Selector,
  SelectorError,
  selectorFromMap,
} from "./selectors.ts";
export { createThreeWayMergePatch, createTwoWayMergePatch } from "./strategic/diff.ts";
export { type JsonObject, type PatchLookup, patchMeta, strategicMerge } from "./strategic/merge.ts";
export {
  parseYaml,
  readYaml,
  readYamlInTurns,
  splitDocuments,
  writeYaml,
  type YamlDocument,
} from "./yaml.ts";
