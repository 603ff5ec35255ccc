/** What the server knows of IngressClass: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { validateReference } from "../checks/local-reference.ts";
import { immutable, subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { dnsLabel } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { IngressClass } from "./ingress-class.ts";

export const ingressClassRules = rules<IngressClass>({
  names: subdomainName,
  defaults: ({ spec }: IngressClass) => {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  check: {
    create: validateIngressClass,
    update(next, old, problems) {
      immutable(next.spec?.controller, old.spec?.controller, "spec.controller", problems, "");
      validateObjectMeta(next.metadata, { namespaced: false, name: subdomainName, ofKind: true }, problems);
      validateIngressClass(next, problems);
    },
  },
  cells: (o, now) => {
    const { kind, apiGroup, name: own } = o.spec?.parameters ?? {};
    const isDefault = o.metadata?.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true";
    return [
      `${nameOf(o)}${isDefault ? " (default)" : ""}`,
      o.spec?.controller,
      kind ? `${kind}${apiGroup ? `.${apiGroup}` : ""}/${own}` : none,
      ageOf(o, now),
    ];
  },
});

function validateIngressClass({ spec = {} }: AnyObject, problems: Problems): void {
  const { controller = "", parameters } = spec;
  if (controller.length > 250) problems.tooLong("spec.controller", 250);
  if (!controller) problems.required("spec.controller");
  else if (!/^[^/]+\/.+$/.test(controller))
    problems.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else problems.invalids("spec.controller", controller.split("/")[0], checkDns1123Subdomain(controller.split("/")[0]!));
  if (!parameters) return;
  validateReference(parameters, "spec.parameters", problems);
  const at = "spec.parameters";
  if (parameters.scope === undefined) problems.required(`${at}.scope`);
  else if (!["Cluster", "Namespace"].includes(parameters.scope))
    problems.notSupported(`${at}.scope`, parameters.scope, ["Cluster", "Namespace"]);
  if (parameters.scope === "Namespace") {
    if (parameters.namespace === undefined) problems.required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'");
    else dnsLabel(parameters.namespace, `${at}.namespace`, problems);
  }
  if (parameters.scope === "Cluster" && parameters.namespace !== undefined)
    problems.forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'");
}
