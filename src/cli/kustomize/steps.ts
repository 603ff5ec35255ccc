/** The transformers that a kustomization's fields ask for, in kustomize's order. */
import type { Config } from "./default-specs.ts";
import { type FieldSpec, mergeSpecs } from "./field-specs.ts";
import type { Kustomization, LabelSpec } from "./kustomization.ts";
import type { Loader } from "./loader.ts";
import { applyJson6902, applyPatch, applyStrategic, type Schemas, strategicPatches } from "./patches.ts";
import { replace, replacementsOf } from "./replacements.ts";
import type { Origin, ResourceList } from "./resources.ts";
import { addAffix, addPairs, setImages, setNamespace, setReplicas } from "./transformers.ts";

export interface Step {
  /** As upstream calls the transformer. */
  kind: string;
  run(list: ResourceList): void;
  /** Of a transformer that a resource configures. */
  origin?: Origin;
}

export interface Around {
  loader: Loader;
  schemas: Schemas;
}

export function builtInTransformers(spec: Kustomization, config: Config, around: Around): Step[] {
  const { loader, schemas } = around;
  const steps: Step[] = [];
  const add = (kind: string, run: Step["run"]) => steps.push({ kind, run });
  if (spec.patchesStrategicMerge?.length) {
    const patches = spec.patchesStrategicMerge.flatMap((entry) => strategicPatches(entry, loader));
    add("PatchStrategicMergeTransformer", (list) => applyStrategic(list, patches, schemas));
  }
  for (const patch of spec.patches ?? []) add("PatchTransformer", (list) => applyPatch(list, patch, around));
  const { namespace, namePrefix, nameSuffix } = spec;
  if (namespace) add("NamespaceTransformer", (list) => setNamespace(list, namespace, { specs: config.namespace }));
  if (namePrefix) add("PrefixTransformer", (list) => addAffix(list, namePrefix, { specs: config.namePrefix, side: "prefix" }));
  if (nameSuffix) add("SuffixTransformer", (list) => addAffix(list, nameSuffix, { specs: config.nameSuffix, side: "suffix" }));
  for (const label of spec.labels ?? []) {
    const specs = labelSpecs(label, config);
    add("LabelTransformer", (list) => addPairs(list, texts(label.pairs), specs));
  }
  // Upstream counts both whenever there is one of them.
  if (spec.commonLabels || spec.labels?.length)
    add("LabelTransformer", (list) => addPairs(list, texts(spec.commonLabels), config.commonLabels));
  if (spec.commonAnnotations && Object.keys(spec.commonAnnotations).length > 0)
    add("AnnotationsTransformer", (list) => addPairs(list, texts(spec.commonAnnotations), config.commonAnnotations));
  for (const patch of spec.patchesJson6902 ?? []) add("PatchJson6902Transformer", (list) => applyJson6902(list, patch, loader));
  for (const replica of spec.replicas ?? []) add("ReplicaCountTransformer", (list) => setReplicas(list, replica, config.replicas));
  for (const image of spec.images ?? []) add("ImageTagTransformer", (list) => setImages(list, image, config.images));
  if (spec.replacements?.length) {
    const all = replacementsOf(spec.replacements, loader);
    add("ReplacementTransformer", (list) => {
      for (const each of all) replace(list, each);
    });
  }
  return steps;
}

const texts = (pairs: Record<string, unknown> = {}) =>
  Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, String(value)]));

function labelSpecs(label: LabelSpec, config: Config): FieldSpec[] {
  const own = mergeSpecs(label.fields ?? [], config.labels);
  if (label.includeSelectors) return mergeSpecs(own, config.commonLabels);
  const templates = label.includeTemplates ? mergeSpecs(own, config.templateLabels) : own;
  return mergeSpecs(templates, [{ path: "metadata/labels", create: true }]);
}
