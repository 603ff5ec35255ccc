/** How far a resize is, as data: asked for and not given yet, or given and not everywhere in force. Pure. */
import type { Pod, PodCondition } from "#api/mod.ts";

export interface ResizeWord {
  /** Of a pending one Deferred or Infeasible; of one in progress Error, or nothing. */
  reason: string;
  message: string;
  generation: number;
}

export interface ResizeState {
  pending?: ResizeWord | undefined;
  progress?: ResizeWord | undefined;
  /** Amounts were given, and the pod's own group does not have them yet. */
  group?: boolean;
}

export const resizeConditionTypes = ["PodResizePending", "PodResizeInProgress"] as const;

export function resizeConditions({ pending, progress }: ResizeState): PodCondition[] {
  const of = (type: (typeof resizeConditionTypes)[number], word: ResizeWord | undefined): PodCondition[] =>
    word
      ? [
          {
            type,
            status: "True",
            observedGeneration: word.generation,
            ...(word.reason ? { reason: word.reason } : {}),
            ...(word.message ? { message: word.message } : {}),
          },
        ]
      : [];
  return [...of("PodResizePending", pending), ...of("PodResizeInProgress", progress)];
}

/** What a kubelet before this one told. */
export function toldResize(pod: Pod): ResizeState {
  const of = (type: string): ResizeWord | undefined => {
    const found = pod.status?.conditions?.find((condition) => condition.type === type);
    return found && { reason: found.reason ?? "", message: found.message ?? "", generation: found.observedGeneration ?? 0 };
  };
  return { pending: of("PodResizePending"), progress: of("PodResizeInProgress") };
}

export const isSameWord = (a: ResizeWord | undefined, b: ResizeWord | undefined): boolean =>
  a?.reason === b?.reason && a?.message === b?.message && a?.generation === b?.generation;
