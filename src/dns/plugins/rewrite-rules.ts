/** The rules of `rewrite` that match names: by all of it, its beginning, its end, a part, or a pattern. */
import type { Directive } from "../corefile/parse.ts";
import { type Message, plainName, type Resource, rcodes, types } from "../message.ts";
import { filled, groupsOf, patternFor, patternOf } from "./patterns.ts";
import { refuse, wholeNumber } from "./plugin.ts";

/** What becomes of the answer; several run in reverse order. */
export type Undo = (answer: Message) => void;

export interface Rule {
  /** Undefined: the rule does not concern the query. `question` may be changed. */
  apply(question: Asked): Undo | undefined;
}

export interface Asked {
  /** In lower case and with the last dot. */
  name: string;
  type: number;
  class: number;
}

const kinds = ["exact", "prefix", "suffix", "substring", "regex"] as const;
type Kind = (typeof kinds)[number];

const dottedLower = (name: string): string => `${plainName(name)}.`.replace(/^\.$/, ".");

/** The new name, if the old one matches. */
type Change = (name: string) => string | undefined;

export function nameRule(line: Directive, args: string[]): Rule {
  if (args.length < 2) return refuse(line, "too few arguments for a name rule");
  const kind = args.length === 2 ? "exact" : kinds.find((each) => each === args[0]!.toLowerCase());
  if (!kind) return refuse(line, `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${args[0]}`);
  const [from, to, ...options] = args.length === 2 ? args : args.slice(1);
  const change = changeOf(line, kind, from!, to!);
  const { auto, rules } = answersOf(line, kind, options);
  return {
    apply(asked) {
      const before = asked.name;
      const after = change(before);
      if (after === undefined) return undefined;
      asked.name = after;
      const back = kind === "exact" || auto ? [backOf(kind, { from: from!, to: to!, before, after })] : [];
      const all = [...back.flatMap((rename) => [onNames(rename), onValues(rename)]), ...rules];
      return (answer) => {
        for (const resource of [...answer.authorities, ...answer.answers, ...answer.additionals])
          if (resource.type !== types.OPT) for (const rule of all.toReversed()) rule(resource);
      };
    },
  };
}

function changeOf(line: Directive, kind: Kind, from: string, to: string): Change {
  const target = dottedLower(to);
  if (kind === "regex") {
    const pattern = patternFor(line, from, to);
    return (name) => {
      const groups = groupsOf(pattern, name);
      return groups && filled(target, groups);
    };
  }
  const source = dottedLower(from);
  switch (kind) {
    case "exact":
      return (name) => (name === source ? target : undefined);
    case "prefix":
      return (name) => (name.startsWith(source) ? target + name.slice(source.length) : undefined);
    case "suffix":
      return (name) => (name.endsWith(source) ? name.slice(0, -source.length) + target : undefined);
    case "substring":
      return (name) => (name.includes(source) ? name.replaceAll(source, target) : undefined);
  }
}

type Rename = (name: string) => string;

/** What was asked for becomes what the client asked for; of a suffix, all names that end so. */
function backOf(kind: Kind, { from, to, before, after }: { from: string; to: string; before: string; after: string }): Rename {
  if (kind === "suffix") {
    const [suffix, original] = [dottedLower(to), dottedLower(from)];
    return (name) => (name.endsWith(suffix) ? name.slice(0, -suffix.length) + original : name);
  }
  return (name) => {
    if (name === after) return before;
    return name.endsWith(`.${after}`) ? name.slice(0, -after.length) + before : name;
  };
}

type OnResource = (resource: Resource) => void;

/** Names of messages have no last dot, those of rules do. */
const renamed = (name: string, rename: Rename): string => {
  const plain = `${name.toLowerCase()}.`;
  const next = rename(plain);
  return next === plain ? name : next.replace(/\.$/, "");
};

const onNames =
  (rename: Rename): OnResource =>
  (resource) => {
    resource.name = renamed(resource.name, rename);
  };

const onValues =
  (rename: Rename): OnResource =>
  (resource) => {
    let first = true;
    resource.data = resource.data.map((part) => {
      if (typeof part !== "string" || !first) return part;
      first = false; // of an SOA the server, and not who keeps it
      return renamed(part, rename);
    });
  };

function answersOf(line: Directive, kind: Kind, words: readonly string[]): { auto: boolean; rules: OnResource[] } {
  const rules: OnResource[] = [];
  let auto = false;
  let hasNames = false;
  if (words.length === 1) refuse(line, `invalid arguments for ${kind} rule`);
  for (let at = 0; at < words.length; ) {
    if (words[at] === "answer") at++;
    else if (at === 0) refuse(line, `exceeded the number of arguments for a non-answer rule argument for ${kind} rule`);
    const what = words[at++];
    if (what === undefined) refuse(line, `type missing for answer rule for ${kind} rule`);
    if (what === "auto") {
      auto = true;
      continue;
    }
    if (what !== "name" && what !== "value") refuse(line, `invalid type "${what}" for answer rule for ${kind} rule`);
    const [from, to] = [words[at++], words[at++]];
    if (from === undefined || to === undefined) return refuse(line, `${what} answer rule for ${kind} rule: 2 arguments required`);
    const pattern = patternFor(line, from, to);
    const target = dottedLower(to);
    const rename: Rename = (name) => {
      const groups = groupsOf(pattern, name);
      return groups ? filled(target, groups) : name;
    };
    rules.push(what === "name" ? onNames(rename) : onValues(rename));
    hasNames ||= what === "name";
  }
  if (auto && hasNames) refuse(line, "auto name answer rule cannot be combined with explicit name answer rules");
  return { auto, rules };
}

/** Whether a name is meant, and the words behind. */
function matcherOf(line: Directive, args: readonly string[], behind: number): { concerns(asked: Asked): boolean; rest: string[] } {
  const hasKind = args.length === behind + 2;
  const kind = hasKind ? kinds.find((each) => each === args[0]!.toLowerCase()) : "exact";
  if (!kind || (!hasKind && args.length !== behind + 1)) return refuse(line, `wrong arguments of rewrite ${args.join(" ")}`);
  const text = args[hasKind ? 1 : 0]!;
  const rest = args.slice(hasKind ? 2 : 1);
  if (kind === "regex") {
    const pattern = patternOf(line, text);
    return { concerns: ({ name }) => pattern.matcher(name).find(), rest };
  }
  const change = changeOf(line, kind, text, text);
  return { concerns: ({ name }) => change(name) !== undefined, rest };
}

export function ttlRule(line: Directive, args: string[]): Rule {
  const { concerns, rest } = matcherOf(line, args, 1);
  const match = /^(\d*)(-?)(\d*)$/.exec(rest[0]!);
  if (!match || rest[0] === "-" || rest[0] === "") return refuse(line, `invalid TTL in rewrite rule: ${rest[0]}`);
  const [, low, range, high] = match;
  const least = low === "" ? 0 : wholeNumber(line, low, 0, mostTtl);
  const most = range === "" ? least : high === "" ? mostTtl : wholeNumber(line, high, 0, mostTtl);
  if (least > most) refuse(line, `invalid TTL range in rewrite rule: ${rest[0]}`);
  const undo: Undo = ({ answers, authorities, additionals }) => {
    for (const each of [...answers, ...authorities, ...additionals])
      if (each.type !== types.OPT) each.ttl = Math.min(most, Math.max(least, each.ttl));
  };
  return { apply: (asked) => (concerns(asked) ? undo : undefined) };
}

const mostTtl = 2 ** 31 - 1;

export function rcodeRule(line: Directive, args: string[]): Rule {
  const { concerns, rest } = matcherOf(line, args, 2);
  const [from, to] = rest.map((word) => {
    const number = /^\d+$/.test(word) ? Number(word) : rcodes[word.toUpperCase()];
    return number !== undefined && number < 16 ? number : refuse(line, `invalid rcode ${JSON.stringify(word)}`);
  });
  const undo: Undo = (answer) => {
    if (answer.rcode === from) answer.rcode = to!;
  };
  return { apply: (asked) => (concerns(asked) ? undo : undefined) };
}
