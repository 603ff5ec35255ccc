/** Which Ingresses are this controller's: by their class, or by the annotation that came before classes. Pure. */
import type { Ingress, IngressClass } from "#api/mod.ts";

/** What an IngressClass names to be answered here. */
export const controllerName = "spoke.dev/ingress";
/** The class that `spoke up` makes. */
export const className = "spoke";
const classAnnotation = "kubernetes.io/ingress.class";

/**
 * One without class and annotation is nobody's: admission gives a new one the default class, and what was there before there
 * was a default stays as it is. Where both are set, the field counts.
 */
export function isOurs({ metadata, spec }: Ingress, classOf: (name: string) => IngressClass | undefined): boolean {
  const isOurClass = (name: string) => classOf(name)?.spec?.controller === controllerName;
  if (spec?.ingressClassName !== undefined) return isOurClass(spec.ingressClassName);
  const annotated = metadata.annotations?.[classAnnotation];
  return annotated !== undefined && (annotated === className || isOurClass(annotated));
}
