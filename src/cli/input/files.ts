/**
 * node:fs without its streams. An `import` of node:fs evaluates the getter behind every export, and with it 34 modules of
 * node that most commands never use: a tenth of a command's time.
 */
export const { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } =
  process.getBuiltinModule("node:fs");
