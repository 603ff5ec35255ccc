/** What the server knows of APIService: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1035Label, checkDns1123Subdomain } from "#codec/mod.ts";
import { type NameRule, pathSegmentName, validateObjectMeta, validateObjectMetaUpdate } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { APIService } from "./api-service.ts";

const statuses = ["True", "False", "Unknown"];

export const apiServiceRules = rules<APIService>({
  names: pathSegmentName,
  commonMeta: true,
  conditional: true,
  counts: false,
  status: () => ({}),
  statusKeeps: ["labels", "annotations", "finalizers", "ownerReferences"],
  defaults: defaultApiService,
  prepare: {
    create(service, { now }) {
      if (!service.spec?.service)
        service.status!.conditions = [
          {
            type: "Available",
            status: "True",
            lastTransitionTime: now,
            reason: "Local",
            message: "Local APIServices are always available",
          },
        ];
    },
  },
  check: {
    create: validateService,
    update(next, old, problems) {
      validateObjectMetaUpdate(next.metadata, old.metadata, problems);
      validateService(next, problems);
    },
    sub: {
      status({ status }, _old, problems) {
        for (const [i, { status: is = "" }] of ((status?.conditions ?? []) as AnyObject[]).entries())
          if (!statuses.includes(is)) problems.notSupported(`status.conditions[${i}].status`, is, statuses);
      },
    },
  },
  cells: (o, now) => {
    const available = (o.status?.conditions ?? []).find((condition: AnyObject) => condition.type === "Available");
    const { namespace, name: own } = o.spec?.service ?? {};
    return [
      nameOf(o),
      own ? `${namespace}/${own}` : "Local",
      available ? (available.status === "True" ? "True" : `${available.status} (${available.reason})`) : "Unknown",
      ageOf(o, now),
    ];
  },
});

function validateService({ metadata, spec = {} }: AnyObject, problems: Problems): void {
  const { version = "", group = "" } = spec;
  const wanted = `${version}.${group}`;
  const rule: NameRule = (name, prefix) => {
    const texts = pathSegmentName(name, prefix);
    return texts.length > 0 || name === wanted ? texts : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`];
  };
  validateObjectMeta(metadata, { namespaced: false, name: rule }, problems);
  if (group) problems.invalids("spec.group", group, checkDns1123Subdomain(group));
  else if (version !== "v1") problems.required("spec.group", "only v1 may have an empty group and it better be legacy kube");
  problems.invalids("spec.version", version, checkDns1035Label(version));
  const between = (value: number | undefined, max: number) => value !== undefined && value > 0 && value <= max;
  if (!between(spec.groupPriorityMinimum, 20000))
    problems.invalid("spec.groupPriorityMinimum", spec.groupPriorityMinimum ?? 0, "must be positive and less than 20000");
  if (!between(spec.versionPriority, 1000))
    problems.invalid("spec.versionPriority", spec.versionPriority ?? 0, "must be positive and less than 1000");
  if (!spec.service) {
    if (spec.caBundle?.length > 0)
      problems.invalid("spec.caBundle", `${Buffer.byteLength(spec.caBundle, "base64")} bytes`, "local APIServices may not have a caBundle");
    if (spec.insecureSkipTLSVerify)
      problems.invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
    return;
  }
  for (const key of ["namespace", "name"]) if (!spec.service[key]) problems.required(`spec.service.${key}`);
  const port = spec.service.port;
  if (port !== undefined && (port < 1 || port > 65535))
    problems.invalid("spec.service.port", port, "port is not valid: must be between 1 and 65535, inclusive");
  if (spec.insecureSkipTLSVerify && spec.caBundle?.length > 0)
    problems.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present");
}

function defaultApiService({ spec }: APIService): void {
  if (spec?.service) spec.service.port ??= 443;
}
