/** Groups of the Kubernetes community are approved by it, or say that they are not. */
import type { AnyObject } from "../rules.ts";

const annotation = "api-approved.kubernetes.io";
export const approvalPath = `metadata.annotations[${annotation}]`;

export interface Approval {
  state: "approved" | "bypassed" | "missing" | "invalid";
  message: string;
  /** What the annotation says. */
  told: string;
}

/** Undefined: the group is nobody's business. */
export function approvalOf({ metadata, spec }: AnyObject): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? "")) return undefined;
  const told: string = metadata?.annotations?.[annotation] ?? "";
  const see = "see https://github.com/kubernetes/enhancements/pull/1111";
  const must = `protected groups must have approval annotation "${annotation}"`;
  if (told === "") return { state: "missing", message: `${must}, ${see}`, told };
  if (told.startsWith("unapproved")) return { state: "bypassed", message: `not approved: ${JSON.stringify(told)}`, told };
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]/.test(told) && URL.canParse(told))
    return { state: "approved", message: `approved in ${told}`, told };
  return { state: "invalid", message: `${must} with either a URL or a reason starting with "unapproved", ${see}`, told };
}
