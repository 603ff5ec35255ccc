import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { distrust, namesIn, type Store, storesOf, trust } from "./trust-stores.ts";

const files = new Set([
  "/usr/local/share/ca-certificates",
  "/people/ada/.pki/nssdb/cert9.db",
  "/people/ada/.mozilla/firefox/x1.default/cert9.db",
  "/people/ada/.mozilla/firefox/profiles.ini",
]);
const machine = {
  exists: (path: string) => files.has(path),
  list: (folder: string) =>
    [...files].filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1).split("/")[0]!),
  homes: ["/people/root", "/people/ada"],
};

test("the system's store is root's alone, browsers' databases are found by their files", () => {
  const databases = [
    { kind: "database", folder: "/people/ada/.pki/nssdb", of: "Chromium" },
    { kind: "database", folder: "/people/ada/.mozilla/firefox/x1.default", of: "Firefox" },
  ];
  const system = { kind: "system", file: "/usr/local/share/ca-certificates/spoke-c-ingress.crt", gather: ["update-ca-certificates"] };
  assert.deepEqual(storesOf({ ...machine, isRoot: true }, "c"), [system, ...databases]);
  assert.deepEqual(storesOf({ ...machine, isRoot: false }, "c"), databases);
});

test("a certificate is put into every store, twice without harm, and taken out again; what fails stops nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-trust-"));
  const certificate = join(folder, "ca.crt");
  writeFileSync(certificate, "PEM");
  const file = join(folder, "store/spoke-c-ingress.crt");
  const stores: Store[] = [
    { kind: "database", folder: "/broken", of: "Firefox" },
    { kind: "system", file, gather: ["update-ca-certificates"] },
    { kind: "database", folder: "/well", of: "Chromium" },
  ];
  const ran: string[] = [];
  const run = async (argv: string[]) => {
    ran.push(argv.join(" "));
    if (argv.includes("sql:/broken")) throw new Error("certutil failed");
  };
  assert.deepEqual(await trust(stores, { cluster: "c", certificate }, run), [
    "/broken: certutil failed",
    `the system's programs believe it: ${file}`,
    "Chromium believes it: /well",
  ]);
  assert.equal(readFileSync(file, "utf8"), "PEM");
  assert.ok(ran.includes(`certutil -A -d sql:/well -t C,, -n spoke-c-ingress -i ${certificate}`));
  assert.equal((await trust(stores, { cluster: "c", certificate }, run))[1], `${file} was there already`);
  assert.deepEqual(await distrust(stores, "c", run), [`taken out of the system's store: ${file}`, "taken out of Chromium's: /well"]);
  assert.ok(!existsSync(file) && ran.includes("update-ca-certificates --fresh"));
  assert.deepEqual(namesIn(join(folder, "nowhere")), []);
  rmSync(folder, { recursive: true });
});
