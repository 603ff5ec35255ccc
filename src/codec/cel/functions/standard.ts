/** The language's own functions. */
import type { FunctionDeclaration } from "../declare.ts";
import { arithmetic } from "./arithmetic.ts";
import { comprehensions } from "./comprehensions.ts";
import { conversions } from "./conversions.ts";
import { dates } from "./dates.ts";
import { optionals } from "./optionals.ts";
import { relations } from "./relations.ts";
import { text } from "./text.ts";

export const standard: readonly FunctionDeclaration[] = [
  ...arithmetic,
  ...relations,
  ...conversions,
  ...text,
  ...dates,
  ...optionals,
  ...comprehensions,
];
