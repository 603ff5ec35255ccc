/** Run by the fault tests in a process of its own: writes keys one after another, and says which were acknowledged. */
import { createSqliteStore } from "#store/mod.ts";

const [file = "", count = "1000", bytes = "1000"] = process.argv.slice(2);
const store = await createSqliteStore({
  file,
  onFailure(error) {
    console.log(`failed ${error.message}`);
    process.exit(74);
  },
});
const value = Buffer.alloc(Number(bytes), "v");
const writers = Array.from({ length: 4 }, async (_, writer) => {
  for (let i = 0; i < Number(count); i++) {
    const key = `/w/${process.pid}/${writer}/${i}`;
    const result = await store.commit(key, "absent", value);
    if (result.ok) console.log(`acknowledged ${key} ${result.revision}`);
  }
});
await Promise.all(writers).catch((error) => console.log(`refused ${error.message}`));
await store.close();
