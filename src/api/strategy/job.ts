/** Jobs: a selector of their own unless the client manages it. */
import { semanticEqual } from "../semantic-equal.ts";
import { type AnyObject, restore, type Strategy } from "./strategy.ts";

export const jobStrategy: Strategy = {
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  prepareForCreate(job) {
    job.spec ??= {};
    if (!job.spec.manualSelector) generateSelector(job);
    job.status = {};
    job.metadata.generation = 1;
  },
  prepareForUpdate(job, old) {
    restore(job, old, "status");
    if (!semanticEqual(job.spec, old.spec)) job.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  prepareForSubresource: {
    status(job, old) {
      restore(job, old, "spec");
    },
  },
  resetFields: { "": [["status"]], status: [["spec"]] },
};

/** What the user set stays; validation refuses what does not fit. */
function generateSelector({ metadata, spec }: AnyObject): void {
  const template = (spec.template ??= {});
  const meta = (template.metadata ??= {});
  meta.labels = {
    "job-name": metadata.name,
    "batch.kubernetes.io/job-name": metadata.name,
    "controller-uid": metadata.uid,
    "batch.kubernetes.io/controller-uid": metadata.uid,
    ...meta.labels,
  };
  spec.selector = {
    ...spec.selector,
    matchLabels: { "batch.kubernetes.io/controller-uid": metadata.uid, ...spec.selector?.matchLabels },
  };
}
