/** What `why` finds: one object, the state it is in, what that comes from and what to do; and how a person reads it. */
import type { Event, KubeObject } from "#api/mod.ts";

export interface Finding {
  /** `pod/web-1`; with its namespace where that is not the asked object's. */
  about: string;
  /** What is the matter, or that nothing is: `is Pending: no node takes it`. */
  state: string;
  /** Nothing has to be done. */
  fine?: boolean;
  /** Facts that the state comes from, each a line, the nearest cause first. */
  because: string[];
  /** What the reader can do or look at next. */
  todo: string[];
}

/** There is none of that name; or the user may not see it, so that nothing can be said. */
export type Unseen = "gone" | "hidden";

/** What else the server knows; a rule asks only for what it needs. */
export interface Facts {
  nowMs: number;
  list<T extends KubeObject>(resource: string, at: { namespace?: string; labelSelector?: string }): Promise<T[] | "hidden">;
  get<T extends KubeObject>(resource: string, at: { namespace?: string; name: string }): Promise<T | Unseen>;
  /** Events about the object, any order; none where the user may not see them. */
  events(object: KubeObject): Promise<Event[]>;
}

/** A list that may not be seen tells nothing. */
export const seen = <T>(list: readonly T[] | "hidden" | undefined): readonly T[] => (list === "hidden" || !list ? [] : list);

export const there = <T extends object>(found: T | Unseen): T | undefined => (typeof found === "string" ? undefined : found);

/** Longer lists of causes are cut, and say so. */
const mostLines = 12;

export function textOf(findings: readonly Finding[]): string {
  return together(findings)
    .map(({ about, state, because, todo }) => {
      const more = because.length > mostLines ? [`… and ${because.length - mostLines} more`] : [];
      return [
        `${about} ${state}`,
        ...[...because.slice(0, mostLines), ...more].map((line) => `  because  ${line}`),
        ...todo.map((line) => `  do       ${line}`),
      ].join("\n");
    })
    .join("\n\n");
}

/** Findings that differ in their object alone become one: ten pods of a Deployment fail alike. */
function together(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([
      finding.about.split("/")[0],
      sameFor(finding, finding.state),
      finding.because.map((line) => sameFor(finding, line)),
    ]);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map(([first, ...others]) => {
    if (others.length === 0) return first;
    const names = others.map(({ about }) => about.split("/").at(-1));
    const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    return { ...first, because: [...first.because, `the same holds for ${shown}`] };
  });
}

const sameFor = ({ about }: Finding, text: string) => text.replaceAll(about.split("/").at(-1)!, "*");
