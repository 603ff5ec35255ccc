/** Probes and hooks of containers. */
import { checkHttpHeaderName } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { nonNegative, portNumberOrName } from "../primitives.ts";
import type { Problems } from "../problems.ts";

export function validateHooksAndProbes(container: AnyObject, at: string, gracePeriod: number | undefined, problems: Problems): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle?.postStart) validateHandler(lifecycle.postStart, gracePeriod, `${at}.lifecycle.postStart`, problems);
  if (lifecycle?.preStop) validateHandler(lifecycle.preStop, gracePeriod, `${at}.lifecycle.preStop`, problems);
  const onlyOne = (probe: AnyObject, field: string) => {
    if (probe.successThreshold !== 1) problems.invalid(`${field}.successThreshold`, probe.successThreshold ?? 0, "must be 1");
  };
  if (livenessProbe) {
    validateProbe(livenessProbe, gracePeriod, `${at}.livenessProbe`, problems);
    onlyOne(livenessProbe, `${at}.livenessProbe`);
  }
  if (readinessProbe) {
    const where = `${at}.readinessProbe`;
    validateProbe(readinessProbe, gracePeriod, where, problems);
    if (readinessProbe.terminationGracePeriodSeconds !== undefined)
      problems.invalid(
        `${where}.terminationGracePeriodSeconds`,
        readinessProbe.terminationGracePeriodSeconds,
        "must not be set for readinessProbes",
      );
  }
  if (startupProbe) {
    validateProbe(startupProbe, gracePeriod, `${at}.startupProbe`, problems);
    onlyOne(startupProbe, `${at}.startupProbe`);
  }
}

function validateProbe(probe: AnyObject, gracePeriod: number | undefined, at: string, problems: Problems): void {
  validateHandler(probe, gracePeriod, at, problems);
  for (const key of ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
    nonNegative(probe[key], `${at}.${key}`, problems);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) problems.invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0");
}

function validateHandler(handler: AnyObject, gracePeriod: number | undefined, at: string, problems: Problems): void {
  let count = 0;
  for (const kind of ["exec", "httpGet", "tcpSocket", "grpc", "sleep"]) {
    const action = handler[kind];
    if (!action) continue;
    const where = `${at}.${kind}`;
    if (count++ > 0) {
      problems.forbidden(where, "may not specify more than 1 handler type");
      continue;
    }
    if (kind === "exec") {
      if (!action.command?.length) problems.required(`${where}.command`);
    } else if (kind === "httpGet") {
      if (!action.path) problems.required(`${where}.path`);
      portNumberOrName(action.port, `${where}.port`, problems);
      if (!["HTTP", "HTTPS"].includes(action.scheme)) problems.notSupported(`${where}.scheme`, action.scheme ?? "", ["HTTP", "HTTPS"]);
      for (const header of action.httpHeaders ?? [])
        problems.invalids(`${where}.httpHeaders`, header.name ?? "", checkHttpHeaderName(header.name ?? ""));
    } else if (kind === "sleep") {
      if (gracePeriod !== undefined && ((action.seconds ?? 0) < 0 || (action.seconds ?? 0) > gracePeriod))
        problems.invalid(where, action.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`);
    } else portNumberOrName(action.port, `${where}.port`, problems);
  }
  if (count === 0) problems.required(at, "must specify a handler type");
}
