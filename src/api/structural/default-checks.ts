/** Defaults are held to the schema that they stand in: what is filled in must be good. */
import { bodyOf, Problems } from "../checks/problems.ts";
import { copyJson } from "../copy-json.ts";
import { readMeta } from "../decode.ts";
import { DecodeError } from "../trail.ts";
import { askRules, ruleTree } from "./cel-rules.ts";
import { checkEmbedded } from "./embedded.ts";
import { readCustom } from "./reading.ts";
import { type Structural, structuralOf } from "./structural.ts";
import { judge } from "./validation.ts";

const metaMembers = new Set(["metadata", "apiVersion", "kind"]);

/** `pruned`: defaults must hold nothing that the schema does not know. */
export function checkDefaults(own: Structural, path: string, pruned: boolean, problems: Problems): void {
  // The whole object is held to what an embedded one is.
  const root: Structural = own.embedded ? own : { ...own, embedded: true };
  const walk = (schema: Structural, at: string, insideMeta: boolean) => {
    const isInside = insideMeta && !schema.embedded;
    if (schema.default !== undefined && !isInside) checkOne(schema, `${at}.default`);
    if (schema.items) walk(schema.items, `${at}.items`, isInside);
    for (const [name, property] of schema.properties ?? []) {
      const isMeta = isInside || (schema.embedded && metaMembers.has(name));
      walk(property, `${at}.properties[${name}]`, isMeta);
    }
  };
  const checkOne = (schema: Structural, at: string) => {
    const value = schema.default;
    const holder = { ...structuralOf({ type: "object" }), properties: new Map([["value", schema]]) };
    try {
      const { unknown } = readCustom(holder, { value: copyJson(value) }, { readMeta, lenient: false });
      if (pruned && unknown.length > 0) problems.invalid(at, value, "must not have unknown fields");
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      problems.invalid(at, value, error.message);
      return;
    }
    const before = problems.list.length;
    checkEmbedded(schema, value, problems, at);
    if (problems.list.length > before) return;
    problems.list.push(...judge(schema, value, { at }));
    if (problems.list.length > before) return;
    const tree = ruleTree(schema, schema === root);
    if (tree) problems.list.push(...(firstOf(askRules(tree, value, value, at)) ?? askRules(tree, value, undefined, at)));
  };
  walk(root, path, false);
}

const firstOf = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

/** Whether the schema of before holds defaults that would not be taken anew. */
export function hasLooseDefaults(root: Structural): boolean {
  const problems = new Problems();
  checkDefaults(root, "", true, problems);
  return problems.list.some((error) => bodyOf(error).endsWith("must not have unknown fields"));
}
