import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled, compiledImports } from "./compile.ts";

test("types go, lines stay, and relative imports name the files that are there", () => {
  const text = `import { a, type B } from "./a.ts";\nimport type { C } from "../c.ts";\nexport * from "./d.ts";\nconst e = async (x: B): Promise<C> => (await import("./e.ts")).run(x, a);\nimport { base } from "#base/mod.ts";\nexport { e, base };\n`;
  const js = compiled("src/x/y.ts", text);
  assert.deepEqual(
    js.split("\n").map((line) => line.replace(/\s+/g, " ")),
    [
      'import { a, } from "./a.js";',
      "",
      'export * from "./d.js";',
      'const e = async (x ) => (await import("./e.js")).run(x, a);',
      'import { base } from "#base/mod.ts";',
      "export { e, base };",
      "",
    ],
  );
});

test("a text that only looks like an import stays as it is", () => {
  assert.equal(compiled("a.ts", 'export const words = "from ./a.ts";\n'), 'export const words = "from ./a.ts";\n');
});

test("an import that is known only when it runs is refused", () => {
  assert.throws(() => compiled("a.ts", "export const load = (file: string) => import(file);\n"), /only an import of a plain text/);
});

test("doors of rooms lead to what was compiled", () => {
  assert.deepEqual(compiledImports({ "#base/*": "./src/base/*" }), { "#base/*.ts": "./src/base/*.js" });
});
