/** What a Pod's status says of its claims: each is one that its spec has, or of an extended resource that a container asks for. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { dnsLabel } from "../../checks/primitives.ts";
import type { Problems } from "../../checks/problems.ts";
import type { AnyObject } from "../../rules.ts";

export function checkClaimStatuses({ spec = {}, status = {} }: AnyObject, problems: Problems): void {
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }: AnyObject) => name));
  const seen = new Set<string>();
  for (const [i, { name = "", resourceClaimName }] of ((status.resourceClaimStatuses ?? []) as AnyObject[]).entries()) {
    const at = `status.resourceClaimStatuses[${i}]`;
    if (!claims.has(name)) problems.invalid(`${at}.name`, name, "must match the name of an entry in `spec.resourceClaims`");
    if (seen.has(name)) problems.duplicate(`${at}.name`, name);
    seen.add(name);
    if (resourceClaimName !== undefined)
      problems.invalids(`${at}.resourceClaimName`, resourceClaimName, checkDns1123Subdomain(resourceClaimName));
  }
  if (status.extendedResourceClaimStatus) checkExtended(status.extendedResourceClaimStatus, spec, problems);
}

function checkExtended({ requestMappings = [], resourceClaimName = "" }: AnyObject, spec: AnyObject, problems: Problems): void {
  const at = "status.extendedResourceClaimStatus";
  const containers = new Map<string, AnyObject>(
    [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((container: AnyObject) => [container.name, container]),
  );
  const mappings: AnyObject[] = requestMappings ?? [];
  if (mappings.length === 0) problems.required(`${at}.requestMappings`, "at least one request mapping is required");
  const seen = new Set<string>();
  for (const [i, { containerName = "", resourceName = "", requestName = "" }] of mappings.entries()) {
    const own = `${at}.requestMappings[${i}]`;
    const container = containers.get(containerName);
    const source = (field: string) => `spec.initContainers.${field} or spec.containers.${field}`;
    if (!container) problems.invalid(`${own}.containerName`, containerName, `must match the name of an entry in ${source("name")}`);
    else if (container.resources?.requests?.[resourceName] === undefined)
      problems.invalid(
        `${own}.resourceName`,
        resourceName,
        `must match the extended resource name of an entry in ${source("resources.requests")}`,
      );
    dnsLabel(requestName, `${at}.requestName`, problems);
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key))
      for (const [name, value] of Object.entries({ containerName, resourceName, requestName })) problems.duplicate(`${own}.${name}`, value);
    seen.add(key);
  }
  if (!resourceClaimName) problems.required(`${at}.resourceClaimName`);
  else problems.invalids(`${at}.resourceClaimName`, resourceClaimName, checkDns1123Subdomain(resourceClaimName));
}
