/** `rewrite`: asks for another name, type or class than the client did, and tells the answer as if it had not. */
import { failure } from "../answer.ts";
import type { Directive } from "../corefile/parse.ts";
import { classes, labelsOf, plainName, rcodes, readMessage, types, writeMessage } from "../message.ts";
import { type Handler, type Made, type Plugin, type Query, type Reply, refuse } from "./plugin.ts";
import { type Asked, nameRule, type Rule, rcodeRule, ttlRule, type Undo } from "./rewrite-rules.ts";

interface Step extends Rule {
  goesOn: boolean;
}

export const rewrite: Plugin = {
  name: "rewrite",
  several: true,
  read(lines): Made {
    const steps = lines.map(stepOf);
    return { link: (next) => (query) => rewritten(query, steps, next) };
  },
};

/** In one line, or its words in the lines of a block. */
function stepOf(directive: Directive): Step {
  const inner = (directive.block ?? []).flatMap(({ name, args, block }) => {
    if (block) refuse(directive, "rewrite has no blocks in its block");
    return [name, ...args];
  });
  let words = [...directive.args, ...inner];
  const mode = words[0]?.toLowerCase();
  const goesOn = mode === "continue";
  if (mode === "stop" || goesOn) words = words.slice(1);
  return { goesOn, ...ruleOf(directive, words) };
}

function ruleOf(directive: Directive, [field = "", ...args]: string[]): Rule {
  switch (field.toLowerCase()) {
    case "name":
      return nameRule(directive, args);
    case "ttl":
      return ttlRule(directive, args);
    case "rcode":
      return rcodeRule(directive, args);
    case "type":
      return numberRule(directive, args, "type", types);
    case "class":
      return numberRule(directive, args, "class", classes);
    case "":
      return refuse(directive, "no rule type specified for rewrite");
    default:
      return refuse(directive, `plugin/rewrite: '${field}' is not there: name, type, class, ttl and rcode are`);
  }
}

function numberRule(line: Directive, args: string[], field: "type" | "class", numbers: Readonly<Record<string, number>>): Rule {
  if (args.length !== 2) refuse(line, `${field} rules must have exactly two arguments`);
  const [from, to] = args.map((word) => numbers[word.toUpperCase()] ?? refuse(line, `invalid ${field} ${JSON.stringify(word)}`));
  return {
    apply(asked) {
      if (asked[field] !== from) return undefined;
      asked[field] = to!;
      return () => {};
    },
  };
}

function rewritten(query: Query, steps: readonly Step[], next: Handler): Reply | Promise<Reply> {
  const asked: Asked = { name: `${query.name}.`, type: query.type, class: query.class };
  const undo: Undo[] = [];
  for (const step of steps) {
    const back = step.apply(asked);
    if (!back) continue;
    if (!labelsOf(asked.name)) {
      const problem = `invalid name after rewrite: ${asked.name}`;
      return { bytes: failure(query.bytes, rcodes.SERVFAIL!), by: "rewrite", lasting: true, problem };
    }
    undo.push(back);
    if (!step.goesOn) break;
  }
  const message = undo.length > 0 ? readMessage(query.bytes) : undefined;
  if (!message) return next(query);
  const name = plainName(asked.name);
  const question = { ...asked, name };
  const reply = next({ ...query, ...question, bytes: writeMessage({ ...message, question }) });
  const told = (answer: Reply): Reply => {
    const read = readMessage(answer.bytes);
    if (!read) return answer;
    read.question = message.question;
    for (const back of undo.toReversed()) back(read);
    try {
      return { ...answer, bytes: writeMessage(read) };
    } catch (error) {
      return { ...answer, bytes: failure(query.bytes, rcodes.SERVFAIL!), problem: String(error) };
    }
  };
  return reply instanceof Promise ? reply.then(told) : told(reply);
}
