/** An external IP draws traffic for an address that the cluster does not give out: who sets it can listen to others. */
import type { Service } from "#api/mod.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Authorizer } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

/**
 * `authorizers`: whoever may `use` the resource `services/externalips` of the namespace is let through, which administrators of the
 * cluster may and the roles edit and admin may not. Without them nobody is, as upstream's plugin of this name.
 */
export function denyServiceExternalIPs(authorizers?: readonly Authorizer[]): AdmissionPlugin {
  return {
    name: "DenyServiceExternalIPs",
    matches: [on("", "services", "CREATE", "UPDATE")],
    async validate(attributes) {
      const { object, oldObject, user, namespace } = attributes;
      const known = new Set((oldObject as Service | undefined)?.spec?.externalIPs ?? []);
      if (((object as Service).spec?.externalIPs ?? []).every((ip: string) => known.has(ip))) return;
      if (authorizers) {
        const { allowed } = await decide(authorizers, user, {
          path: "",
          verb: "use",
          isResource: true,
          prefix: "api",
          group: "",
          version: "v1",
          namespace,
          resource: "services",
          subresource: "externalips",
          name: attributes.name,
        });
        if (allowed) return;
      }
      throw refused(attributes, "Use of external IPs is denied by admission control");
    },
  };
}
